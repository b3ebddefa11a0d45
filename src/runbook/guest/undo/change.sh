# It is safe at any time and as often as you like until the change is confirmed:
# before it, in the middle of it, after it, and when an undo was broken off.
#
#   sh undo            puts the guest back, by a person at its console
#   sh undo operator   the same, from the operator's program
#   sh undo deadline   the same, by the timer
#   sh undo boot       the same before networking starts, after a reboot: files only
#   sh undo late       the same after a reboot where nothing could come before networking
#   sh undo home       asks for an address anew until it is one of the network that lent it before
#   sh undo apply      makes the change
#   sh undo confirm    keeps it: the undo is taken away
#
# All but the first do nothing once the change has ended otherwise.

set -u
# A console that goes away, or a reader of what is printed here, must not end this half way.
trap '' HUP PIPE
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
why=${1:-console}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
root=$(dirname -- "$here")
cd / || exit 1
id=${here##*/}
failed=0

say() {
    printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$why" "$*"
    { printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$why" "$*" >>"$here/journal"; } 2>/dev/null
    return 0
}

# Making this link is what decides: of a confirmation and an undo, one comes first.
ends_as() {
    ln -s "$1" "$here/end" 2>/dev/null
    [ "$(readlink "$here/end")" = "$1" ]
}

# A file that is so already is left alone: it may be one that nobody can write. Renamed into
# place, so that a power cut leaves the one or the other, whole. Nothing that reads the network's
# files reads a name with a dot in front. A link stays one: it is the file behind it that is
# changed. A file that is there passes on its owner, its mode and its access control list.
put() {
    file=$2
    if [ -L "$2" ]; then file=$(readlink -f -- "$2") || file=$2; fi
    if [ -e "$here/$1" ]; then
        cmp -s "$here/$1" "$file" && return 0
        like=$here/$1
        case $1 in new/*) if [ -e "$file" ]; then like=$file; fi ;; esac
        copy=${file%/*}/.${1##*/}.runbook
        # Onto a folder `mv` would move into it.
        ! [ -d "$file" ] && cp -a -- "$like" "$copy" && cat -- "$here/$1" >"$copy" &&
            mv -f -- "$copy" "$file" && return 0
        rm -f -- "$copy"
        say "cannot write $2: see that it can be (lsattr; chattr -ia)"
    elif [ -e "$here/$1.absent" ]; then
        rm -f -- "$file" && return 0
        say "cannot remove $2: see that it can be (lsattr; chattr -ia)"
    else
        say "$here/$1 is gone: $2 is left as it is"
    fi
    failed=1
    return 1
}

# A client that lives on would bring its address back when its lease is renewed. The guest's own
# is root's and in the guest's network: anybody may call a process so, and so may a container.
stop_clients() {
    net=$(readlink /proc/1/ns/net)
    for entry in /proc/[0-9]*; do
        comm=
        { read -r comm <"$entry/comm"; } 2>/dev/null
        case $comm in
        dhclient | udhcpc)
            [ "$(readlink "$entry/ns/net")" = "$net" ] || continue
            grep -q '^Uid:[[:space:]]*0[[:space:]]*0[[:space:]]*0[[:space:]]*0$' "$entry/status" 2>/dev/null || continue
            case " $(dd if="$entry/cmdline" bs=4096 count=1 2>/dev/null | tr '\000' ' ') " in
            *" $1 "*) kill "${entry##*/}" 2>/dev/null ;;
            esac
            ;;
        esac
    done
}

# What a command says is kept, for whoever asks why it failed.
run() {
    "$@" </dev/null >>"$here/log" 2>&1 && return 0
    status=$?
    say "$* ended with status $status"
    return "$status"
}
