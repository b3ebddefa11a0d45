finish() {
    if [ "$failed" = 1 ]; then
        leave_the_rest_to_libvirt
        say 'finished, but something above could not be put back'
        exit 1
    fi
    timeout 10 sync
    say 'finished: the host is as it was before the change'
    timeout 10 systemctl stop "runbook-deadline-${here##*/}-*.timer" 8>&- 9>&- 2>/dev/null
    if armed; then rm -f -- "$root/armed"; fi
    forget_boot
}

put_back_all() {
    network_until_back
    put_back_files
    rest_until_back
}

# A change that has ended: what is overwritten or goes away is said first, files are kept, and a
# person at a terminal can still say no.
say_first() {
    say 'this change is not armed any more: it is undone without a timer'
    say "with a timer, from an operator's machine: runbook revert $host ${here##*/}"
    say_what_goes
    replaced=$here/replaced-$(date -u +%Y%m%dT%H%M%SZ)
    asking=1
    put_back_files
    asking=
    if ! { [ -t 0 ] && [ -t 1 ]; }; then return 0; fi
    printf 'Type yes to undo the change now; any other answer writes nothing: '
    read -r answer
    if [ "$answer" != yes ]; then
        say 'nothing is undone: the answer was not yes'
        exit 1
    fi
}

if [ "$why" = console ] && ! armed; then say_first; fi
say 'begins'

case $why in
boot)
    rm -f -- "$here/files-are-back"
    put_back_files
    if [ "$failed" = 0 ]; then
        : >"$here/files-are-back"
        say 'files are as before; the network comes up from them'
    fi
    ;;
announce)
    # Where the files did not come back in time, the network came up changed.
    if [ ! -e "$here/files-are-back" ] || ! came_up; then put_back_all; fi
    announce_address
    finish
    ;;
libvirt)
    # By now a person may have changed files and addresses by hand: those are left alone.
    put_back_plugs
    put_back_rest
    if ! network_is_back || ! rest_is_back; then failed=1; fi
    finish
    ;;
*)
    put_back_all
    finish
    ip -brief address show
    ip route show
    ;;
esac
