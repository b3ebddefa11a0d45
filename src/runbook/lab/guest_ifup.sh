#!/bin/sh
# ifup and ifdown of a quick guest: busybox's own, which know no prefix length in an address.
awk '
    BEGIN { split("128 192 224 240 248 252 254 255", byte, " "); byte[0] = 0 }
    $1 == "address" && split($2, part, "/") == 2 {
        bits = part[2]
        for (i = 0; i < 4; i++) {
            mine = bits > 8 ? 8 : bits > 0 ? bits + 0 : 0
            mask = (i ? mask "." : "") byte[mine]
            bits -= mine
        }
        print "    address", part[1]
        print "    netmask", mask
        next
    }
    { print }
' /etc/network/interfaces >/run/interfaces
exec busybox "${0##*/}" -i /run/interfaces "$@"
