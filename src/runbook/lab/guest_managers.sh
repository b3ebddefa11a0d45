#!/bin/sh
# Process 1 of a Debian guest that has several network managers: at its first start the NIC is left
# to one of them, then systemd takes over. From the kernel's command line: guest, manager, address
# (with prefix length), gateway, and dhcp where the address is to be asked for.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_OFFLINE=1
: "${guest:?}" "${manager:?}" "${address:?}" "${gateway:?}" "${dhcp:=}"
chosen=/etc/lab-manager

# A file that only root can read: netplan and NetworkManager insist on it.
secretly() { (umask 077 && cat >"$1"); }

switch_on() { systemctl --quiet enable "$1"; }

no_ifupdown() {
    printf 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n' \
        >/etc/network/interfaces
}

ifupdown() {
    [ "$dhcp" ] || return
    printf 'auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n' >/etc/network/interfaces
    # The client writes it.
    : >/etc/resolv.conf
}

networkd() {
    no_ifupdown
    {
        printf '[Match]\nName=eth0\n\n[Network]\n# as the lab wants it\n'
        if [ "$dhcp" ]; then
            echo "DHCP=ipv4"
        else
            printf 'Address=%s\nGateway=%s\nDNS=%s\n' "$address" "$gateway" "$gateway"
        fi
    } >/etc/systemd/network/10-lan.network
    switch_on systemd-networkd.service
}

# The part of netplan's file, and of cloud-init's, that is about the NIC; $1: how the router is named.
ethernet() {
    printf 'ethernets:\n  eth0:\n'
    if [ "$dhcp" ]; then
        echo '    dhcp4: true'
    else
        printf '    addresses: [%s]\n' "$address"
        case $1 in
        gateway4) printf '    gateway4: %s\n' "$gateway" ;;
        *) printf '    routes:\n      - to: default\n        via: %s\n' "$gateway" ;;
        esac
        printf '    nameservers:\n      addresses: [%s]\n' "$gateway"
    fi
}

netplan() {
    no_ifupdown
    {
        printf 'network:\n  version: 2\n  # as the lab wants it\n  renderer: networkd\n'
        ethernet routes | sed 's/^/  /'
    } | secretly /etc/netplan/01-lan.yaml
}

# `eni` is cloud-init's word for ifupdown's file; a router that is not `gateway4` it writes there as
# a command of `route`.
cloud_init() {
    no_ifupdown
    seed=/var/lib/cloud/seed/nocloud
    mkdir -p "$seed"
    printf 'instance-id: %s\nlocal-hostname: %s\n' "$guest" "$guest" >"$seed/meta-data"
    echo '#cloud-config' >"$seed/user-data"
    { echo 'version: 2' && ethernet "$2"; } >"$seed/network-config"
    # Of all that it does only the network is of interest here, and each module costs seconds.
    printf 'datasource_list: [NoCloud]\nsystem_info:\n  network:\n    renderers: [%s]\n' "$1" \
        >/etc/cloud/cloud.cfg.d/95-lab.cfg
    printf 'cloud_%s_modules: []\n' init config final >>/etc/cloud/cloud.cfg.d/95-lab.cfg
    rm /etc/cloud/cloud-init.disabled
}

network_manager() {
    no_ifupdown
    {
        printf '[connection]\nid=lan\ntype=ethernet\ninterface-name=eth0\n\n[ipv4]\n'
        if [ "$dhcp" ]; then
            echo 'method=auto'
        else
            printf 'method=manual\naddress1=%s,%s\ndns=%s;\n' "$address" "$gateway" "$gateway"
        fi
        printf '\n[ipv6]\nmethod=disabled\n'
    } | secretly /etc/NetworkManager/system-connections/lan.nmconnection
    switch_on NetworkManager.service
}

if ! [ -e "$chosen" ]; then
    case $manager in
    ifupdown) ifupdown ;;
    systemd-networkd) networkd ;;
    netplan) netplan ;;
    cloud-init) cloud_init netplan routes ;;
    cloud-init-ifupdown) cloud_init eni gateway4 ;;
    NetworkManager) network_manager ;;
    esac
    echo "$manager" >"$chosen"
    sync
fi
exec /lib/systemd/systemd
