# Tells what the network is inside a guest: $1 is the MAC of the NIC, the rest are patterns
# of further files. Reads only. Each part is a line `A 0 LENGTH NAME` or `F MODE LENGTH PATH`,
# then that many bytes, then a line feed.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
cd / || exit 1
mac=$1
shift

answer() {
    printf 'A 0 %s %s\n' "$(printf '%s' "$2" | wc -c | tr -d ' ')" "$1"
    printf '%s\n' "$2"
}

paths=
file() {
    [ -f "$1" ] && [ -r "$1" ] || return 0
    paths="$paths$1
"
    mode=$(stat -L -c %a "$1" 2>/dev/null)
    printf 'F %s %s %s\n' "${mode:-644}" "$(wc -c <"$1" | tr -d ' ')" "$1"
    cat "$1"
    echo
}

# The NIC itself has a device behind it; a bridge or a VLAN with the same MAC has none.
nics=
name=
for link in /sys/class/net/*; do
    [ -e "$link/device" ] || continue
    [ "$(cat "$link/address" 2>/dev/null)" = "$mac" ] || continue
    name=${link##*/}
    master=$(readlink "$link/master" 2>/dev/null)
    nics="$nics$name ${master##*/}-
"
done
answer nic "$nics"
answer uid "$(id -u)"
answer hostname "$(cat /proc/sys/kernel/hostname)"
answer os-release "$(cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release 2>/dev/null)"
answer addresses "$(ip -4 -o addr show 2>/dev/null)"
answer routes "$(ip -4 route show 2>/dev/null)"
answer resolv "$(cat /etc/resolv.conf 2>/dev/null)"
answer resolv-link "$(readlink /etc/resolv.conf 2>/dev/null)"
answer systemd "$([ -d /run/systemd/system ] && echo yes)"

tools=
for tool in ifup ifdown netplan networkctl nmcli systemctl systemd-run dhclient dhcpcd udhcpc \
    resolvectl resolvconf cloud-init setsid ping nslookup getent perl busybox; do
    command -v "$tool" >/dev/null 2>&1 && tools="$tools $tool"
done
answer tools "$tools"

network_file=
connection=
if [ -n "$name" ] && [ -d /run/systemd/system ]; then
    if systemctl is-active --quiet systemd-networkd 2>/dev/null; then
        network_file=$(networkctl status "$name" --no-pager 2>/dev/null |
            sed -n 's/^ *Network File: //p')
    fi
    if systemctl is-active --quiet NetworkManager 2>/dev/null; then
        connection=$(nmcli -t -f DEVICE,FILENAME connection show --active 2>/dev/null |
            sed -n "s|^$name:||p")
    fi
fi
answer network-file "$network_file"
answer connection "$connection"

# Anybody in the guest may call a process dhclient, and a container in it has clients of its own:
# the guest's are root's, or of the user that Debian's dhcpcd works as, and in the guest's network.
#   is_own /proc/PID NAME
is_own() {
    [ "$(readlink "$1/ns/net")" = "$(readlink /proc/1/ns/net)" ] || return 1
    uids=$(sed -n 's/^Uid:[[:blank:]]*//p' "$1/status" 2>/dev/null | tr -s '\t' ' ')
    [ "$uids" = '0 0 0 0' ] && return 0
    [ "$2" = dhcpcd ] || return 1
    for user in dhcpcd _dhcpcd; do
        [ "${uids%% *}" = "$(id -u "$user" 2>/dev/null || echo none)" ] && return 0
    done
    return 1
}
clients=
for entry in /proc/[0-9]*; do
    comm=
    { read -r comm <"$entry/comm"; } 2>/dev/null
    case $comm in
    dhclient | dhcpcd | udhcpc)
        is_own "$entry" "$comm" || continue
        clients="$clients$(dd if="$entry/cmdline" bs=4096 count=1 2>/dev/null | tr '\000' ' ')
" ;;
    esac
done
# systemd-networkd asks by itself, and keeps a file for as long as it has a lease.
index=$(cat "/sys/class/net/$name/ifindex" 2>/dev/null)
if [ -n "$name" ] && [ -e "/run/systemd/netif/leases/${index:-none}" ]; then
    clients="${clients}systemd-networkd $name
"
fi
answer clients "$clients"

# Whether a name server answers at all; what it answers is its own affair.
answers() {
    if command -v perl >/dev/null 2>&1; then
        perl -T -MSocket -e '
            my $to = inet_aton($ARGV[0]) or exit 1;
            socket(my $s, PF_INET, SOCK_DGRAM, 0) or exit 1;
            send($s, pack("n6", 7, 256, 1, 0, 0, 0) . pack("Cnn", 0, 2, 1), 0,
                sockaddr_in(53, $to)) or exit 1;
            my $r = ""; vec($r, fileno($s), 1) = 1;
            exit(select($r, undef, undef, 2) > 0 && recv($s, my $b, 512, 0) ? 0 : 1);
        ' "$1" 2>/dev/null && return 0
        return 1
    fi
    command -v nslookup >/dev/null 2>&1 || return 1
    case $(nslookup -type=ns . "$1" 2>&1) in
    *'nameserver = '* | *'uthoritative answer'* | *"server can't find"* | *': No answer'*) ;;
    *) return 1 ;;
    esac
}
answering=
servers=$(sed -n 's/^[[:blank:]]*nameserver[[:blank:]][[:blank:]]*//p' /etc/resolv.conf 2>/dev/null)
for server in $servers; do
    answers "$server" && answering="$answering $server"
done
answer answering "$answering"

disabled=
[ -e /etc/cloud/cloud-init.disabled ] && disabled=yes
case " $(cat /proc/cmdline 2>/dev/null) " in
*' cloud-init=disabled '* | *' network-config=disabled '*) disabled=yes ;;
esac
answer cloud-disabled "$disabled"

file /etc/network/interfaces
# Where it is a link, a program writes what it leads to.
[ -L /etc/resolv.conf ] || file /etc/resolv.conf
# Not those of NetworkManager: they are not edited, and hold the keys of wireless networks.
for path in /etc/netplan/*.yaml /etc/systemd/network/*.network /etc/systemd/network/*.network.d/* \
    /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d/*.cfg; do
    file "$path"
done
IFS=
for pattern; do
    # A pattern is meant to be one: each of its words is what a shell makes of it.
    # shellcheck disable=SC2086
    for path in $pattern; do file "$path"; done
done

# What keeps a file from being replaced. `-w` is false of an immutable one, and on a file system
# that is read-only.
set -f
IFS='
'
# A line is a path each.
# shellcheck disable=SC2086
set -- $paths
held=
folders='/etc
/etc/cloud/cloud.cfg.d
'
for path; do
    folders="$folders${path%/*}
"
done
# shellcheck disable=SC2086
for path in $paths $folders; do
    if [ -e "$path" ] && ! [ -w "$path" ]; then
        held="$held$path
"
    fi
done
answer unwritable "$held"
# shellcheck disable=SC2086
answer flags "$(lsattr -d $paths $folders 2>/dev/null)"
answer links "$(stat -L -c '%h %n' "$@" 2>/dev/null)"
echo END
