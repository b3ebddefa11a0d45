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

# The network first, and until it is seen to be back: it brings the operator back.
put_back_all() {
    put_back_network
    for _ in 1 2 3; do
        network_is_back && break
        say 'putting the network back once more'
        sleep 1
        put_back_network
    done
    network_is_back || failed=1
    put_back_files
    put_back_rest
    # A DHCP client that hears no server, as while the cable is out, takes the address away and
    # asks again only after minutes.
    if ! network_is_back; then
        say 'the network went again, as when no DHCP server answers: putting it back once more'
        put_back_network
        starts_no_client=1
        put_back_rest
        starts_no_client=
    fi
    rest_is_back || failed=1
    network_is_back || failed=1
}

# A change that has ended: what is replaced is named and kept first.
if [ "$why" = console ] && ! armed; then
    replaced=$here/replaced-$(date -u +%Y%m%dT%H%M%SZ)
    asking=1
    put_back_files
    asking=
fi

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
*)
    put_back_all
    finish
    ip -brief address show
    ip route show
    ;;
esac
