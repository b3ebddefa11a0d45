# Moves the deadline of a change, unless somebody has moved it since it was looked at:
#
#   MANIFEST DIGEST STEM NUMBER LINE COMMAND...     standard input: the manifest as it is to be
#
# DIGEST is that of the manifest that was looked at, LINE goes into the journal, COMMAND starts the
# countdown NUMBER; those before it end only once it runs. All of it is done under the change's lock.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
cd / || exit 1
manifest=$1 seen=$2 stem=$3 number=$4 line=$5
shift 5

[ "$(sha256sum <"$manifest")" = "$seen  -" ] || exit "$SINCE"
next=$manifest.next journal=${manifest%/*}/journal
umask 077
# First what a full disk can refuse.
{ cat >"$next" && printf '%s\n' "$line" >>"$journal" && sync -- "$next" "$journal"; } || exit 1
# There is one of that name where a program was broken off below.
"$@" || exit "$TAKEN"

set --
earlier=1
while [ "$earlier" -lt "$number" ]; do
    set -- "$@" "$stem$earlier.timer"
    earlier=$((earlier + 1))
done
# It says so too of one that is gone already.
if ! systemctl stop "$@" 2>/dev/null; then
    for unit; do
        case $(systemctl is-active "$unit") in
        inactive | failed | unknown) ;;
        *)
            echo "the countdown before it runs on: $unit" >&2
            exit 1
            ;;
        esac
    done
fi
{ mv -- "$next" "$manifest" && sync -- "${manifest%/*}"; } || exit 1
