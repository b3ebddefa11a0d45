finish() {
    if [ "$failed" = 1 ]; then
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
    put_back_network
    put_back_files
    put_back_rest
}

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
    if [ ! -e "$here/files-are-back" ]; then put_back_all; fi
    announce_address
    finish
    ;;
*)
    put_back_all
    finish
    ip -brief address show
    ip route show
    ;;
esac
