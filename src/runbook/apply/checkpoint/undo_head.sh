set -u
# Where a person stands who types this, and what their environment holds, must not matter.
if [ "${1-}" = clean ]; then
    shift
elif [ -x /usr/bin/env ]; then
    exec /usr/bin/env -i /bin/sh "$0" clean "$@"
fi
# Nor whether their terminal, or a program that reads what is printed here, goes away half way.
trap '' HUP PIPE
umask 022
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
why=${1:-console}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
root=$(dirname -- "$here")
cd / || exit 1

who="undo ($why)" journal=$here/journal
say() {
    printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$who" "$*"
    # A full disk must not stop an undo, so a line that cannot be kept is let go.
    { printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$who" "$*" >>"$journal"; } 2>/dev/null
    return 0
}

armed() { [ "$(readlink "$root/armed")" = "${here##*/}" ]; }

# There is nothing to undo at the next boot any more, unless for another change.
forget_boot() {
    [ -L "$root/armed" ] && return
    rm -f -- /etc/systemd/system/runbook-undo.service \
        /etc/systemd/system/sysinit.target.wants/runbook-undo.service \
        /etc/systemd/system/runbook-announce.service \
        /etc/systemd/system/multi-user.target.wants/runbook-announce.service
}

# A change that has ended: its files may hold what somebody wrote since.
#   keep_what_is_replaced FILE ORIGINAL
keep_what_is_replaced() {
    [ -e "$1" ] || return 0
    cmp -s -- "$1" "$here/originals/$2" && return 0
    if mkdir -p -- "$replaced" && chmod 700 -- "$replaced" &&
        cp --preserve=all -- "$1" "$replaced/$2"; then
        say "replaces $1: as it is now it is kept as $replaced/$2"
        return 0
    fi
    say "cannot keep a copy of $1, so nothing is undone: make room below $here first"
    exit 1
}

# What goes away with a bridge, but for what the undo puts back itself.
#   goes_with BRIDGE NIC DESTINATION...
goes_with() {
    bridge=$1 nic=$2
    shift 2
    for port in "/sys/class/net/$bridge/brif"/*; do
        if [ -e "$port" ] && [ "${port##*/}" != "$nic" ]; then
            say "${port##*/} is a port of $bridge, which goes away"
        fi
    done
    ip -4 route show dev "$bridge" 2>/dev/null | head -n 64 | while read -r destination rest; do
        for own; do if [ "$own" = "$destination" ]; then continue 2; fi; done
        say "goes away with $bridge: route $destination $rest"
    done
}

# A parameter that the change set and somebody has set anew.
#   overwrites NAME PATH AFTER BEFORE
overwrites() {
    now=$(cat "$2" 2>/dev/null) || return 0
    if [ "$now" != "$3" ] && [ "$now" != "$4" ]; then say "overwrites $1: it is $now, and becomes $4"; fi
}

# With `asking` set, nothing is put back; each file that would be replaced is kept in `replaced`.
asking=
replaced=

# Whether two files hold the same, and have the same mode and owner.
same() {
    cmp -s -- "$1" "$2" && [ "$(stat -c '%a %u %g' -- "$1")" = "$(stat -c '%a %u %g' -- "$2")" ]
}

# Puts back the file as it was, or none where there was none. A file that is as it was
# is left alone: it may be one that nobody can write. The copy is renamed into place, so
# a power cut leaves the one or the other, whole. ifupdown does not read a name with a
# dot in front. A link stays one: it is the file behind it that was changed.
restore() {
    if [ -n "$asking" ]; then
        keep_what_is_replaced "$1" "$2"
        return
    fi
    file=$1
    if [ -L "$1" ]; then file=$(readlink -f -- "$1") || file=$1; fi
    if [ -e "$here/originals/$2" ]; then
        same "$here/originals/$2" "$file" && return
        copy=${file%/*}/.${2%%-*}.runbook-undo
        cp --preserve=all -- "$here/originals/$2" "$copy" && mv -f -T -- "$copy" "$file" && return
        rm -f -- "$copy"
        say "cannot put back $1: see that it can be written (lsattr; chattr -ia), then: sh $here/undo"
    elif [ -e "$here/originals/$2.absent" ]; then
        rm -f -- "$file" && return
        say "cannot remove $1: see that it can be (lsattr; chattr -ia), then: sh $here/undo"
    else
        say "the original of $1 is gone from $here/originals: it is left as it is"
    fi
    failed=1
}

# A file that the change moved aside gets its name again. One that it did not get to move, or
# that somebody made anew, is restored like any other.
put_back() {
    if [ -z "$asking" ] && [ -e "$1.runbook-aside" ] && [ ! -e "$1" ] && [ ! -L "$1" ]; then
        mv -f -T -- "$1.runbook-aside" "$1" && return
    fi
    restore "$1" "$2"
}

make_dir() { [ -n "$asking" ] || mkdir -p -- "$1"; }
remove_dir() {
    [ -z "$asking" ] && [ -e "$here/made/$2" ] && [ -d "$1" ] && rmdir -- "$1" 2>/dev/null
    return 0
}

# All of this is about the NIC by its name. In another slot a card may have another one; a
# person at the console is told so before the bridge and its guests are touched.
#   need_nic NIC MAC
need_nic() {
    if [ -e "/sys/class/net/$1" ]; then
        ip link set dev "$1" up 2>/dev/null
        return 0
    fi
    failed=1
    [ -z "$missed" ] || return 0
    missed=1
    now=$(named_by_mac "$2")
    if [ -z "$now" ]; then
        say "there is no interface $1, and no card has its MAC $2"
        return 0
    fi
    say "there is no interface $1: its card (MAC $2) is called $now now"
    say "type: ip link set dev $now down; ip link set dev $now name $1; sh $here/undo"
    if [ "$why" = console ]; then finish; fi
}
missed=

# The card with this MAC; a bridge, a bond or a VLAN on top of it may have the same, and the pair of
# veth that frames are handed to.
named_by_mac() {
    for place in /sys/class/net/*; do
        if [ -e "$place/bridge" ]; then continue; fi
        case $place in */rbcarrier[01]) continue ;; esac
        for lower in "$place"/lower_*; do
            if [ -e "$lower" ]; then continue 2; fi
        done
        if [ "$(cat "$place/address" 2>/dev/null)" = "$1" ]; then
            echo "${place##*/}"
            return 0
        fi
    done
}

# Tells the neighbours which MAC holds the address, so that nobody waits for an
# entry to grow old: gratuitous ARP, or for IPv6 an unsolicited advertisement.
announce() {
    [ -n "$(ip -oneline link show dev "$1" up 2>/dev/null)" ] || return 0
    if command -v python3 >/dev/null 2>&1; then
        python3 -I - "$1" "$2" <<'PYTHON' && return 0
import socket, struct, sys
name, address = sys.argv[1:]
with open("/sys/class/net/%s/address" % name) as file:
    mac = bytes.fromhex(file.read().strip().replace(":", ""))
if ":" in address:
    ip = socket.inet_pton(socket.AF_INET6, address)
    to = socket.inet_pton(socket.AF_INET6, "ff02::1")
    told = b"\x20\x00\x00\x00" + ip + b"\x02\x01" + mac
    size = struct.pack("!I", 4 + len(told))
    words = struct.unpack("!35H", ip + to + size + b"\x00\x00\x00\x3a" + b"\x88\x00" + told)
    total = sum(words)
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    body = b"\x60\x00\x00\x00" + size[2:] + b"\x3a\xff" + ip + to
    body += b"\x88\x00" + struct.pack("!H", total ^ 0xFFFF) + told
    frame = b"\x33\x33\x00\x00\x00\x01" + mac + b"\x86\xdd" + body
else:
    ip = socket.inet_aton(address)
    body = b"\x00\x01\x08\x00\x06\x04\x00\x01" + mac + ip + b"\x00" * 6 + ip
    frame = b"\xff" * 6 + mac + b"\x08\x06" + body + b"\x00" * 18
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
    out.bind((name, 0))
    for _ in range(3):
        out.send(frame)
PYTHON
    fi
    # Without python3 the kernel can do it: it announces when a MAC is set, even
    # to the one that it has.
    case $2 in
    *:*) notify=/proc/sys/net/ipv6/conf/$1/ndisc_notify ;;
    *) notify=/proc/sys/net/ipv4/conf/$1/arp_notify ;;
    esac
    was=$(cat "$notify")
    echo 1 >"$notify"
    ip link set dev "$1" address "$(cat "/sys/class/net/$1/address")"
    echo "$was" >"$notify"
}

# Two bridges joined by a pair of veth: a port that has passed to the one still reaches the ports of
# the other. Neither learns from it where a machine is: that is about to change. The old bridge is
# made if it is gone, and speaks with its own MAC alone.
#   join_bridges NEW OLD MAC
join_bridges() {
    if [ ! -e "/sys/class/net/$2" ]; then ip link add name "$2" type bridge 2>/dev/null; fi
    ip link set dev "$2" address "$3" up 2>/dev/null
    [ -e "/sys/class/net/$1/bridge" ] || return 0
    ip link set dev "$1" type bridge stp_state 0 2>/dev/null
    ip link set dev "$1" type bridge forward_delay 0 2>/dev/null
    ip link add name rbcarrier0 type veth peer name rbcarrier1 2>/dev/null
    for end in rbcarrier0 rbcarrier1; do
        echo 1 2>/dev/null >"/proc/sys/net/ipv6/conf/$end/disable_ipv6"
        ip link set dev "$end" up 2>/dev/null
    done
    ip link set dev rbcarrier0 master "$1" 2>/dev/null
    ip link set dev rbcarrier1 master "$2" 2>/dev/null
    for end in rbcarrier0 rbcarrier1; do
        ip link set dev "$end" type bridge_slave learning off 2>/dev/null
    done
    # A bridge that gets its first port sends nothing for a moment.
    for try in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
        case $(ip -oneline link show dev "$2" 2>/dev/null) in *'state UP'*) break ;; esac
        sleep 0.1
    done
}

#   take_ports NEW OLD
take_ports() {
    for port in "/sys/class/net/$1/brif"/*; do
        case $port in */rbcarrier[01]) continue ;; esac
        if [ -e "$port" ]; then echo "link set dev ${port##*/} master $2"; fi
    done | ip -force -batch - >/dev/null 2>&1
    ip link delete dev rbcarrier0 2>/dev/null
    return 0
}

# While ports pass from one bridge to the other, frames between guests and the LAN go straight from a
# guest's tap to the NIC and back, by nftables, so that none is dropped. The rules forget the guests'
# MACs after 60 s, also if this script ends. Without nft, a guest hears nothing for a moment.
#   open_shortcut NIC "MAC-OF-THE-HOST..." MAC-OF-A-GUEST...
open_shortcut() {
    command -v nft >/dev/null 2>&1 || return 0
    grep -qx 1 /proc/sys/net/bridge/bridge-nf-call-* 2>/dev/null && return 0
    nic=$1 local=$(echo "$2" | sed 's/ /, /g') known='' to_taps='' to_nic=''
    shift 2
    for mac; do
        tap=$(tap_of "$mac")
        [ -n "$tap" ] || continue
        known="$known${known:+, }$mac timeout 60s"
        to_taps="$to_taps
        ether daddr $mac ether daddr @guests fwd to \"$tap\""
        to_nic="$to_nic
    chain guest$(printf '%s' "$mac" | tr -d :) {
        type filter hook ingress device \"$tap\" priority 1
        meta pkttype { broadcast, multicast } accept
        ether saddr @guests ether daddr != @local fwd to \"$nic\"
    }"
    done
    [ -n "$known" ] || return 0
    timeout 2 nft -f - 2>/dev/null <<NFT
add table netdev rbguests
delete table netdev rbguests
table netdev rbguests {
    set guests {
        type ether_addr
        flags timeout
        elements = { $known }
    }
    set local {
        type ether_addr
        elements = { $local }
    }
    chain nic {
        type filter hook ingress device "$nic" priority 1$to_taps
    }$to_nic
}
NFT
    return 0
}
# libvirt gives a tap the guest's MAC with another first byte. A name that nft would read as
# something else is none.
tap_of() {
    for port in /sys/class/net/*/brport; do
        port=${port%/brport}
        case ${port##*/} in *[!A-Za-z0-9_.-]*) continue ;; esac
        if [ "$(cat "$port/address" 2>/dev/null)" = "fe:${1#*:}" ]; then
            echo "${port##*/}"
            return 0
        fi
    done
}
close_shortcut() {
    timeout 2 nft delete table netdev rbguests 2>/dev/null
    return 0
}

# Makes the neighbours known on one interface known on another: a request
# sent while the answer would still go to the bridge is repeated only after a second.
# Anybody on the LAN can have a host know as many as it keeps, and the address waits for this.
carry_neighbours() {
    for family in -4 -6; do
        known=$(ip "$family" neighbour show dev "$1" 2>/dev/null | head -n 4096 |
            while read -r address word mac _; do
                [ "$word" = lladdr ] || continue
                echo "neighbour replace $address lladdr $mac dev $2 nud stale"
            done)
        [ -n "$known" ] || continue
        printf '%s\n' "$known" | ip -force -batch - >/dev/null 2>&1
    done
}

# When a port leaves its bridge, the kernel first shuts it, so nothing that comes in is heard. Then it
# waits until no processor looks at the port any more: 8 to 120 ms on Debian's kernels, which take the
# bridge's VLANs from the port there. For this wait the kernel can be told to hurry.
expedited=/sys/kernel/rcu_expedited
hurry() {
    [ "$(cat "$expedited" 2>/dev/null)" = 0 ] || return 0
    # Without this note, an undo that is broken off here would leave it so.
    { true >"$here/hurries"; } 2>/dev/null || return 0
    { echo 1 >"$expedited"; } 2>/dev/null
}
hurry_no_more() {
    [ -e "$here/hurries" ] || return 0
    { echo 0 >"$expedited"; } 2>/dev/null
    rm -f -- "$here/hurries"
}

# A NIC that a bond does not use would report with the host's MAC which groups it leaves as IPv6
# forwarding ends, and the switch would send to it what is meant for the host. Without its flag
# for multicast, it leaves none.
#   hush_idle_ports BOND...
hush_idle_ports() {
    for bond; do
        active=$(cat "/sys/class/net/$bond/bonding/active_slave" 2>/dev/null)
        slaves=$(cat "/sys/class/net/$bond/bonding/slaves" 2>/dev/null)
        for port in $slaves; do
            [ "$port" = "$active" ] || ip link set dev "$port" multicast off 2>/dev/null
        done
    done
}
hush_no_more() {
    for bond; do
        slaves=$(cat "/sys/class/net/$bond/bonding/slaves" 2>/dev/null)
        for port in $slaves; do
            ip link set dev "$port" multicast on 2>/dev/null
        done
    done
}

# What comes in for the host while a port is shut: nftables hands it to the bridge by a pair of veth.
# The rule forgets the MACs after 20 s, even if this script ends: with the pair gone it would drop
# all that comes in for them. What asks for a MAC, and what answers that, is left to the port itself.
# Without nft, the host hears nothing for that moment.
#   hand_over PORT
hand_over() {
    joined=$(readlink "/sys/class/net/$1/master") || return 0
    joined=${joined##*/} own=$(cat "/sys/class/net/$1/address") mtu=$(cat "/sys/class/net/$1/mtu")
    command -v nft >/dev/null 2>&1 && [ -e "/sys/class/net/$joined/bridge" ] || return 0
    ip link set dev "$joined" type bridge stp_state 0 2>/dev/null
    ip link set dev "$joined" type bridge forward_delay 0 2>/dev/null
    # For a moment frames come by the bridge and the routes lead by the port.
    case $(cat /proc/sys/net/ipv4/conf/all/rp_filter "/proc/sys/net/ipv4/conf/$joined/rp_filter") in
    *1*) echo 2 >"/proc/sys/net/ipv4/conf/$joined/rp_filter" ;;
    esac 2>/dev/null
    ip link add name rbcarrier0 type veth peer name rbcarrier1 2>/dev/null
    for end in rbcarrier0 rbcarrier1; do
        echo 1 2>/dev/null >"/proc/sys/net/ipv6/conf/$end/disable_ipv6"
        ip link set dev "$end" mtu "$mtu" up 2>/dev/null
    done
    # As this MAC's second port, the bridge takes its frames for the host's also without the first.
    ip link set dev rbcarrier0 address "$own" master "$joined" 2>/dev/null
    ip link set dev rbcarrier0 type bridge_slave learning off 2>/dev/null
    forwards rbcarrier0 || return 0
    other=$(cat "/sys/class/net/$joined/address")
    [ "$other" = "$own" ] || own="$own timeout 20s, $other"
    timeout 5 nft -f - 2>/dev/null <<NFT
add table netdev rbcarrier
delete table netdev rbcarrier
table netdev rbcarrier {
    set own {
        type ether_addr
        flags timeout
        elements = { $own timeout 20s }
    }
    chain frames {
        type filter hook ingress device "$1" priority 0
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
        meta protocol { ip, ip6 } ether daddr @own fwd to "rbcarrier1"
    }
}
NFT
}
forwards() {
    for try in 0 1 2 3 4 5 6 7 8 9; do
        [ "$(cat "/sys/class/net/$1/brport/state" 2>/dev/null)" = 3 ] && return 0
        sleep 0.1
    done
    return 1
}
hand_over_no_more() {
    [ -e /sys/class/net/rbcarrier0 ] || return 0
    timeout 5 nft delete table netdev rbcarrier 2>/dev/null
    ip link delete dev rbcarrier0 2>/dev/null
}

# Asks the routers to speak until the kernel has made its own default route of what
# they say, then takes away the one that stood in for it. Setting a token is what asks.
#   relearn NIC TOKEN GATEWAY METRIC METRIC-OF-THE-STAND-IN
relearn() {
    [ -e "/sys/class/net/$1" ] || return 0
    for try in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
        if ip -6 route show default dev "$1" | grep -q "^default via $3 .*metric $4 "; then
            ip -6 route del default via "$3" dev "$1" metric "$5" 2>/dev/null
            return 0
        fi
        case $try in
        0 | 8 | 16)
            token=$(ip token get dev "$1" 2>/dev/null)
            token=${token#token }
            ip token set "$2" dev "$1" 2>/dev/null
            ip token set "${token%% *}" dev "$1" 2>/dev/null
            ;;
        esac
        sleep 0.5
    done
    say "no router advertisement from $3 yet: the default route stays as it was left until one comes"
}

libvirt() { timeout 10 virsh --connect qemu:///system "$@" 8>&- 9>&-; }

# A libvirtd that hangs would keep the bridge. It alone is killed: where systemd-machined does not
# work, the guests run in its unit, and a signal to the unit would end them. Where a restart did not
# help, the next one does not either, and it would delay the rest of the undo.
wake_libvirt() {
    libvirt net-list --all >/dev/null 2>&1 && return 0
    [ -z "${libvirt_is_gone-}" ] || return 1
    say 'libvirt does not answer: restarting it'
    for unit in libvirtd virtnetworkd; do
        systemctl cat "$unit.service" >/dev/null 2>&1 || continue
        systemctl kill --kill-who=main --signal=KILL "$unit.service" 2>/dev/null
        # Started too often is no reason to stay down.
        systemctl reset-failed "$unit.service" "$unit*.socket" 2>/dev/null
        timeout 20 systemctl restart "$unit.service"
    done
    libvirt net-list --all >/dev/null 2>&1 && return 0
    libvirt_is_gone=yes
    return 1
}

# If libvirt did not answer, a unit waits until it does, an hour and more, and then asks libvirt for
# the rest. There is one such unit at most.
leave_the_rest_to_libvirt() {
    [ -n "${libvirt_is_gone-}" ] || return 0
    timeout 10 systemd-run --quiet --collect --no-block --unit="runbook-undo-${here##*/}-libvirt" \
        --property=Type=exec --property=KillMode=process /bin/sh "$here/undo" libvirt \
        8>&- 9>&- 2>/dev/null || return 0
    say 'once libvirt answers again, the undo asks it for the rest by itself'
}
until_libvirt_answers() {
    try=0
    until libvirt net-list --all >/dev/null 2>&1; do
        try=$((try + 1))
        if [ "$try" -ge 720 ] || ! armed; then exit 0; fi
        sleep 5
    done
}

drop_network() {
    if [ "$why" = boot ]; then
        rm -f -- "/etc/libvirt/qemu/networks/autostart/$1.xml" "/etc/libvirt/qemu/networks/$1.xml"
        return 0
    fi
    for port in "/sys/class/net/$2/brif"/*; do
        if [ -e "$port" ]; then say "${port##*/} leaves $2, which goes away"; fi
    done
    wake_libvirt || say 'libvirt still does not answer: removing the network by hand'
    libvirt net-destroy "$1" >/dev/null 2>&1
    libvirt net-undefine "$1" >/dev/null 2>&1
    rm -f -- "/etc/libvirt/qemu/networks/autostart/$1.xml" \
        "/etc/libvirt/qemu/networks/$1.xml" "/run/libvirt/network/$1.xml"
    if [ -e "/sys/class/net/$2" ]; then ip link delete dev "$2"; fi
}

# Forgets a network onto a bridge that something else makes: the bridge stays, with all in it.
#   drop_attached NETWORK
drop_attached() {
    if [ "$why" != boot ]; then
        wake_libvirt || say 'libvirt still does not answer: removing the network by hand'
        libvirt net-destroy "$1" >/dev/null 2>&1
        libvirt net-undefine "$1" >/dev/null 2>&1
        rm -f -- "/run/libvirt/network/$1.xml"
    fi
    rm -f -- "/etc/libvirt/qemu/networks/autostart/$1.xml" "/etc/libvirt/qemu/networks/$1.xml"
}

# The undo of a revert: a network as it was when the revert was armed.
#   raise_network NETWORK BRIDGE FILE
raise_network() {
    if [ "$why" = boot ]; then
        mkdir -p -- "${3%/*}/autostart"
        ln -s -f -- "$3" "${3%/*}/autostart/${3##*/}"
        return 0
    fi
    if [ -e "/sys/class/net/$2" ] && network_runs "$1"; then return 0; fi
    for kept in "$here"/originals/*-"${3##*/}"; do
        if [ -e "$kept" ]; then libvirt net-define "$kept" >/dev/null 2>&1; fi
    done
    timeout 30 virsh --connect qemu:///system net-start "$1" >/dev/null 2>&1 8>&- 9>&-
    libvirt net-autostart "$1" >/dev/null 2>&1
}

# The same for what is waited for; an undo waits for nothing longer than it has to.
await_carrier() {
    for try in 0 1 2 3 4 5 6 7 8 9; do
        case $(ip -oneline link show dev "$1" up 2>/dev/null) in *'state UP'*) return 0 ;; esac
        sleep 0.2
    done
}
await_link_local() {
    for try in 0 1 2 3 4 5 6 7 8 9; do
        case $(ip -6 -oneline address show dev "$1" scope link 2>/dev/null) in
        '' | *tentative*) sleep 0.5 ;;
        *) return 0 ;;
        esac
    done
}
await_router() {
    for try in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
        ip -6 route show default dev "$1" proto ra | grep -qF "via $2 " && return 0
        sleep 0.5
    done
}

runs() {
    case $(libvirt domstate "$1" 2>/dev/null) in '' | 'shut off') return 1 ;; esac
}

# Gives a guest's NIC to libvirt anew: to the running guest, or to its definition.
#   plug GUEST live|config XML MAC
plug() {
    wake_libvirt || say 'libvirt still does not answer'
    if [ "$2" = live ]; then runs "$1" || return 0; fi
    update_device "$1" "$2" "$3" && return 0
    if [ "$2" = live ] && [ -z "${libvirt_is_gone-}" ]; then plug_anew "$@"; fi
}
update_device() {
    printf '%s\n' "$3" | libvirt update-device "$1" /dev/stdin "--$2" >/dev/null 2>&1
}
# libvirt refuses a tap that is in a bridge already, as one that an undo without libvirt has moved.
plug_anew() {
    tap=$(tap_of "$4")
    [ -n "$tap" ] || return 0
    joined=$(readlink "/sys/class/net/$tap/master") || return 0
    ip link set dev "$tap" nomaster 2>/dev/null
    update_device "$1" "$2" "$3" || ip link set dev "$tap" master "${joined##*/}" 2>/dev/null
}

# libvirt leaves its chains behind, empty. They go where there were none before,
# and libvirt is restarted so that it makes them anew when it needs them.
drop_chains() {
    for spot in 'filter INPUT LIBVIRT_INP' 'filter OUTPUT LIBVIRT_OUT' \
        'filter FORWARD LIBVIRT_FWX' 'filter FORWARD LIBVIRT_FWI' \
        'filter FORWARD LIBVIRT_FWO' 'nat POSTROUTING LIBVIRT_PRT' \
        'mangle POSTROUTING LIBVIRT_PRT'; do
        # shellcheck disable=SC2086 # three words, each without blanks
        set -- "$1" $spot
        "$1" -w 5 -t "$2" -D "$3" -j "$4" 2>/dev/null
        "$1" -w 5 -t "$2" -F "$4" 2>/dev/null
        "$1" -w 5 -t "$2" -X "$4" 2>/dev/null
    done
}

restart_libvirt() {
    for unit in libvirtd virtnetworkd; do
        systemctl is-active --quiet "$unit.service" || continue
        systemctl reset-failed "$unit.service" 2>/dev/null
        timeout 5 systemctl restart "$unit.service" && continue
        # libvirt 11.3 sometimes hangs for half a minute when told to end.
        systemctl kill --kill-who=main --signal=KILL "$unit.service" 2>/dev/null
        timeout 20 systemctl restart "$unit.service"
    done
}

# With `starts_no_client` set, every client counts as one that runs.
starts_no_client=

# Whether the host's own DHCP client works for an interface. Anybody may start a process with
# the same words, so it has to be root's, run this program, and be in the host's network. Its words
# come last: those of a user's process may have no end.
#   client_runs NIC -4|-6 PROGRAM...
client_runs() {
    [ -n "$starts_no_client" ] || [ -n "$(own_client "$@")" ]
}

# The number of that client's process.
own_client() {
    nic=$1 family=$2
    shift 2
    for process in /proc/[0-9]*; do
        grep -qs '^Uid:[[:space:]]*0[[:space:]]*0[[:space:]]*0[[:space:]]*0$' "$process/status" || continue
        exe=$(readlink "$process/exe")
        exe=${exe% (deleted)}
        for program in "$@"; do
            [ "${exe#/usr}" = "$program" ] || continue
            [ "$(readlink "$process/ns/net")" = "$(readlink /proc/1/ns/net)" ] || continue
            words=" $({ head -c 4096 "$process/cmdline" | tr '\000' ' '; } 2>/dev/null) "
            case $words in *" $nic "*) ;; *) continue ;; esac
            case $words in *' -6 '*) serves=-6 ;; *) serves=-4 ;; esac
            [ "$serves" = "$family" ] && echo "${process#/proc/}"
        done
    done
}

# Ends it without a word to the server: asked to end, it would take the address away.
end_client() {
    for number in $(own_client "$@"); do kill -KILL "$number" 2>/dev/null; done
}

# What is looked at again before the host is called as before.
has_address() {
    case " $(ip -o address show dev "$1" 2>/dev/null | tr '\n' ' ') " in
    *" $2 "*) return 0 ;;
    esac
    return 1
}
has_route() { [ -n "$(ip "$1" route show table "$2" exact "$3" dev "$4" 2>/dev/null)" ]; }
is_up() { [ -n "$(ip -oneline link show dev "$1" up 2>/dev/null)" ]; }
has_no_address() { ! has_address "$@"; }
has_master() {
    master=$(readlink "/sys/class/net/$1/master")
    [ "${master##*/}" = "$2" ]
}
has_no_master() { [ ! -e "/sys/class/net/$1/master" ]; }
# A guest that does not run has no NIC to look at.
#   is_plugged GUEST live|config MAC SOURCE
is_plugged() {
    list=
    if [ "$2" = config ]; then list=--inactive; else runs "$1" || return 0; fi
    # shellcheck disable=SC2086 # one word, or none
    libvirt domiflist "$1" $list 2>/dev/null | grep -F -- " $3" | grep -qF -- " $4 "
}
is_port() { [ -e "/sys/class/net/$2/brif/$1" ]; }
is_gone() { [ ! -e "$1" ]; }
is_stopped() { [ "$(timeout 5 systemctl is-active "$1" 2>/dev/null)" != active ]; }
is_there() { [ -e "$1" ]; }
network_runs() { libvirt net-list 2>/dev/null | grep -qF -- " $1 "; }
# A parameter of an interface that is gone by now has no value to be held against.
has_value() { [ ! -e "$1" ] || [ "$(cat "$1")" = "$(printf '%s' "$2")" ]; }

# `expect WORDS CHECK...`: says what is not so.
expect() {
    words=$1
    shift
    "$@" && return 0
    [ -n "$quietly" ] || say "not as before: $words"
    return 1
}
quietly=

# The same without a word.
#   still_there CHECKS
still_there() {
    quietly=1
    "$1"
    there=$?
    quietly=
    return "$there"
}

# At a boot libvirt makes the bridge, and its hook does the rest: both may come after the network.
await_boot() {
    try=0
    while [ "$try" -lt 60 ]; do
        still_there network_is_back && return 0
        try=$((try + 1))
        sleep 1
    done
}

# The network first, and until it is seen to be back: it brings the operator back.
network_until_back() {
    put_back_network
    for _ in 1 2 3; do
        network_is_back && break
        say 'putting the network back once more'
        sleep 1
        put_back_network
    done
    network_is_back || failed=1
}

rest_until_back() {
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

# The operator may ask that the changed host boots once before anything is confirmed. Only the boot
# right after that is meant, and only while the countdown runs; every other boot undoes.
# The file holds the boot that ends, the number of the countdown, and its seconds.
boots_on_wish() {
    booted=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
    [ -n "$booted" ] || return 1
    case $why in
    boot) begins_on_wish ;;
    announce)
        [ -e "$here/rebooted" ] && [ "$(cat "$here/rebooted")" = "$booted" ] &&
            systemctl is-active --quiet "runbook-deadline-${here##*/}-*.timer"
        ;;
    *) return 1 ;;
    esac
}

begins_on_wish() {
    [ -e "$here/reboot" ] || return 1
    read -r ended number seconds <"$here/reboot"
    rm -f -- "$here/reboot" "$here/rebooted"
    # While the wish is there, another boot would count as well.
    [ ! -e "$here/reboot" ] || return 1
    timeout 10 sync
    case $number in '' | *[!0-9]*) return 1 ;; esac
    case $seconds in '' | *[!0-9]*) return 1 ;; esac
    [ "$ended" != "$booted" ] || return 1
    count_down "$number" "$seconds" || return 1
    printf '%s\n' "$booted" >"$here/rebooted"
    say "boots with the change in place, as asked for: undone in $seconds s unless confirmed"
}

# So early in a boot, and whatever hangs in it.
count_down() {
    timeout 10 systemd-run --quiet --collect --unit="runbook-deadline-${here##*/}-$1" \
        --on-active="$2s" --timer-property=AccuracySec=50ms --timer-property=DefaultDependencies=no \
        --property=DefaultDependencies=no --property=Type=oneshot --property=KillMode=process \
        --property=Restart=on-abnormal --property=RestartSec=200ms \
        /bin/sh "$here/undo" deadline
}

failed=0

# A copy of this script would take the network of another machine away.
own=$(CDPATH='' cd -- "$place" 2>/dev/null && pwd -P)
this=$(cat /etc/machine-id 2>/dev/null)
if [ "$here" != "$own" ] || [ "${this:-$machine}" != "$machine" ]; then
    printf '%s\n' \
        "This script undoes a change of $host, machine $machine, from $place." \
        "This is machine ${this:-unknown}, directory $here. Nothing was done." \
        "On $host, type: sh $place/undo" >&2
    exit 1
fi
