#!/bin/sh
# ifup and ifdown of a quick guest: busybox's own, which know no prefix length in an address.
awk '
    $1 == "address" && split($2, part, "/") == 2 {
        bits = part[2]
        for (i = 0; i < 4; i++) {
            byte = bits > 8 ? 8 : bits > 0 ? bits : 0
            mask = (i ? mask "." : "") (256 - 2 ^ (8 - byte))
            bits -= byte
        }
        print "    address", part[1]
        print "    netmask", mask
        next
    }
    { print }
' /etc/network/interfaces >/run/interfaces
exec busybox "${0##*/}" -i /run/interfaces "$@"
