# Moves it: $1 is the change's directory, $2 the uptime at which the undo is to come.
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
here=$1
moment=$2
id=${here##*/}
cd "$here" || exit 1

is_open() { [ "$(readlink ../armed-inside)" = "$id" ] && ! [ -L end ]; }

# The new countdown runs before the old one ends.
move_unit() {
    new=runbook-inside-$id-$moment.timer
    systemctl is-active --quiet "$new" || start_timer || exit 1
    for unit in $(systemctl show --property=Id "runbook-inside-$id-*.timer" | sed -n 's/^Id=//p'); do
        if [ "$unit" = "$new" ]; then continue; fi
        systemctl stop "$unit"
        if systemctl is-active --quiet "$unit"; then
            echo "the old countdown runs on: $unit" >&2
            exit 1
        fi
    done
}

move_process() {
    old=$(cat timer.pid)
    start_timer
    for _ in 1 2 3 4 5; do
        new=$(cat timer.pid)
        if [ -n "$new" ] && [ "$new" != "$old" ]; then break; fi
        sleep 1
    done
    if [ -z "$new" ] || [ "$new" = "$old" ]; then
        echo 'no new countdown began' >&2
        exit 1
    fi
    for entry in /proc/[0-9]*; do
        pid=${entry##*/}
        case $(dd if="$entry/cmdline" bs=4096 count=1 2>/dev/null | tr '\000' ' ') in
        *timer.pid*" $here "*) if [ "$pid" != "$new" ]; then kill -s TERM -- "-$pid"; fi ;;
        esac
    done
}

is_open || exit "$ENDED"
left=$((moment - $(cut -d. -f1 /proc/uptime)))
if [ "$left" -lt "$SHORTEST" ]; then exit "$LATE"; fi
if [ -d /run/systemd/system ]; then move_unit; else move_process; fi
echo "$moment" >moment
echo "$left" >left
echo "the undo was moved: it comes $left s from here unless confirmed" >>journal
sync
is_open || exit "$ENDED"
