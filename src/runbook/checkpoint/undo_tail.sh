finish() {
    if [ "$failed" = 1 ]; then
        say 'finished, but something above could not be put back'
        exit 1
    fi
    timeout 10 sync
    say 'finished: the host is as it was before the change'
    if armed; then rm -f -- "$root/armed"; fi
}

case $why in
boot)
    put_back_files
    say 'files are as before; the network comes up from them'
    ;;
announce)
    announce_address
    finish
    ;;
*)
    put_back_network
    put_back_files
    put_back_rest
    finish
    ip -brief address show
    ip route show
    ;;
esac
