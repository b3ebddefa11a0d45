# Only a person at the console may undo a change that is not armed any more, and
# nobody may while another one is: that one's own undo knows what came before it.
leave_unless_armed() {
    armed && return
    if [ "$why" = console ]; then
        [ -L "$root/armed" ] || return 0
        say "another change is in progress: sh $root/armed/undo"
        exit 1
    fi
    say 'the change is not armed, or not any more: nothing to do'
    rm -f -- "$here/open" "$here/ballast" "$here/reboot"
    forget_boot
    exit 0
}

if armed && boots_on_wish; then exit 0; fi
if [ "$why" = libvirt ]; then until_libvirt_answers; fi

# From here on no step of the change can be made any more: each needs the file
# `open`, under this lock. A step in progress is waited for.
# Not even a disk that takes no writes must keep the network from being put back.
command exec 9>>"$here/lock" || say 'the lock cannot be opened: going on without it'
flock -w 10 9 || say 'a step is still in progress: going on without waiting for it'
leave_unless_armed
rm -f -- "$here/open" "$here/ballast" "$here/reboot"
flock -u 9

# Two undos at once would trip over each other: the second waits, and finds it done.
command exec 8>>"$here/undo.lock" || say 'the lock cannot be opened: going on without it'
flock -w 120 8 || say 'another undo is still at work: going on beside it'
leave_unless_armed
