# Nothing of the change is to run, or to be started at a boot, any more.
tidy() {
    if [ "$(readlink "$root/armed-inside")" = "$id" ]; then rm -f -- "$root/armed-inside"; fi
    if ! [ -L "$root/armed-inside" ]; then
        rm -f -- /etc/systemd/system/runbook-inside.service \
            /etc/systemd/system/sysinit.target.wants/runbook-inside.service \
            /etc/network/if-up.d/runbook-inside
    fi
    sync
    if [ -d /run/systemd/system ]; then
        systemctl stop "runbook-inside-$id-*.timer" >/dev/null 2>&1
    elif [ "$why" != deadline ]; then
        pid=$(cat "$here/timer.pid" 2>/dev/null)
        case $(words "$pid") in
        *" $here "*) kill -s TERM -- "-$pid" 2>/dev/null ;;
        esac
    fi
    return 0
}

# The command line of a process; a number may have gone to another one since, whose command line
# may have no end.
words() { { dd if="/proc/${1:-none}/cmdline" bs=4096 count=1 | tr '\000' ' '; } 2>/dev/null; }

# When a process began, by which it is told from another of its number.
started() { { sed 's/.*) //' "/proc/${1:-none}/stat" | cut -d' ' -f20; } 2>/dev/null; }

# The change may be under way in another process: it ends before anything is put back.
stop_apply() {
    pid=$(cat "$here/apply.pid" 2>/dev/null) || return 0
    for signal in TERM TERM KILL; do
        case $(words "$pid") in
        *"$here/undo apply "*) kill -s "$signal" -- "-$pid" 2>/dev/null ;;
        *) return 0 ;;
        esac
        sleep 1
    done
}

# Two undos at once would trip over each other: the second waits, and finds it done.
take_turn() {
    until mkdir "$here/at-work" 2>/dev/null; do
        who=$(cat "$here/at-work/pid" 2>/dev/null)
        pid=${who%% *}
        sleep 1
        # It was broken off. The number may be one's own: a boot gives them out anew.
        if [ "$pid" = $$ ] || [ "$who" != "$pid $(started "$pid")" ]; then
            [ "$(cat "$here/at-work/pid" 2>/dev/null)" = "$who" ] && rm -rf -- "$here/at-work"
        fi
        # A person who asks by hand has it put back once more.
        if [ -e "$here/undone" ] && [ "$why" != console ]; then exit 0; fi
    done
    echo "$$ $(started $$)" >"$here/at-work/pid"
}

# A link that leads nowhere: what it is called is all that it says.
has_ended() { [ -L "$here/end" ] || [ -e "$here/end" ]; }

apply() {
    echo $$ >"$here/apply.pid"
    if has_ended; then exit 1; fi
    : >"$here/began"
    sync
    say 'the change begins'
    down
    if has_ended; then exit 1; fi
    put_new || { : >"$here/apply-failed" && exit 1; }
    sync
    if up; then
        : >"$here/applied"
        say 'the change is made'
        exit 0
    fi
    : >"$here/apply-failed"
    say 'the change is made in part only'
    exit 1
}

# An old address by DHCP may have to wait until the host has moved the NIC back.
bring_up() {
    for _ in 1 2 3 4 5 6 7 8; do
        up && return 0
        down
        sleep 5
    done
    say 'the network did not come up by the files as they were before'
    failed=1
}

# The lead that a guest has on its host, and what the host's own undo takes.
HOST_S=12

# The host moves the NIC back at its own moment, which comes after the guest's: until then a
# lease would be one of the network that is left.
await_host() {
    moment=$(cat "$here/moment" 2>/dev/null)
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        [ "$(cut -d. -f1 /proc/uptime)" -ge "$((${moment:-0} + HOST_S))" ] && return 0
        sleep 1
    done
}

put_all_back() {
    say 'the undo begins'
    if [ "$why" = boot ]; then
        put_back
        regenerate
        return
    fi
    down
    put_back
    sync
    if [ "$why" = deadline ]; then await_host; fi
    bring_up
}

# Of a guest that was restarted before its host had moved the NIC back, the address may be one
# that the network it is to leave has lent, or none: then it is asked for anew, until the host
# has moved it. That is when this guest's own countdown would have ended, wherever it began.
go_home() {
    others=$(echo "$root"/*)
    for _ in 1 2 3 4; do
        home && return 0
        sleep 5
    done
    now=$(cut -d. -f1 /proc/uptime)
    until=$((now + $(cat "$here/left" 2>/dev/null || echo 0) + 60))
    while [ "$(cut -d. -f1 /proc/uptime)" -lt "$until" ]; do
        # Another change, or another undo, has the network now.
        if [ "$(echo "$root"/*)" != "$others" ] || [ -L "$root/armed-inside" ]; then return 0; fi
        if home; then
            say 'the address is one of its own network again'
            return 0
        fi
        if ! [ -d "$here/at-work" ]; then
            down
            carrier
            up
        fi
        sleep 10
    done
    say 'no address of its own network was to be had'
}

# By a process that outlives this one, and does not keep a boot waiting.
start_home() {
    if home; then return 0; fi
    if [ -d /run/systemd/system ]; then
        systemd-run --quiet --collect --no-block --unit="runbook-home-$id" \
            --property=KillMode=process /bin/sh "$here/undo" home
    else
        setsid /bin/sh "$here/undo" home </dev/null >>"$here/log" 2>&1 &
    fi
}

undo() {
    if ! ends_as undone; then
        if [ "$(readlink "$here/end")" != confirmed ]; then
            say "cannot write $here/end: nothing is put back, the undo stays armed"
            return 1
        fi
        if [ "$why" != console ]; then
            say 'the change is confirmed: nothing to undo'
            return 0
        fi
    fi
    take_turn
    if [ -e "$here/undone" ] && [ "$why" != console ]; then
        rm -rf -- "$here/at-work"
        exit 0
    fi
    stop_apply
    # A change that has not begun has nothing to put back: the network is left alone.
    if [ -e "$here/began" ]; then put_all_back; fi
    rm -f -- "$here/failed"
    if [ "$failed" = 0 ]; then
        : >"$here/undone"
        say 'undone: the guest is as it was before the change'
    else
        : >"$here/failed"
        say 'undone, but something above could not be put back: the undo stays armed'
    fi
    rm -rf -- "$here/at-work"
    # What could not be put back yet may be by the timer, at a boot or by a person.
    if [ "$failed" = 0 ]; then tidy; fi
    # The operator's program has the host move the NIC back first, and looks. What could not be
    # put back is no network to ask by.
    if [ "$why" != operator ] && [ "$failed" = 0 ]; then start_home; fi
    return "$failed"
}

case $why in
apply) apply ;;
home) go_home ;;
confirm)
    if ! ends_as confirmed; then
        [ "$(readlink "$here/end")" = undone ] && exit 3
        echo "cannot write $here/end" >&2
        exit 1
    fi
    say 'confirmed'
    tidy
    ;;
late)
    # Once a boot: its own `up` runs the hook again.
    cat /proc/sys/kernel/random/boot_id >"$here/boot"
    # networking itself is still at it.
    sleep 10
    undo
    ;;
*) undo ;;
esac
