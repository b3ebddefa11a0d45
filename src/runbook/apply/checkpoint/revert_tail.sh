case $why in
files) put_back_files ;;
network)
    network_until_back
    announce_address
    ;;
rest)
    rest_until_back
    announce_address
    ;;
*)
    say "there is no part of this name: $why"
    failed=1
    ;;
esac
exit "$failed"
