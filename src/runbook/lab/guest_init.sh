#!/bin/busybox sh
# Process 1 of a guest until its own can take over, from its disk. What the kernel does not know of
# its command line it hands on as variables: guest, address (with prefix length), gateway.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do
    insmod "/modules/$module"
done </modules/order

for input in /sys/class/input/event*; do
    [ "$(cat "$input/device/name")" = "Power Button" ] &&
        ln -sf "${input##*/}" /dev/input/power-button
done
# The agent's channel, by the name that udev would give it.
mkdir -p /dev/virtio-ports
for port in /sys/class/virtio-ports/*; do
    [ -s "$port/name" ] && ln -s "../${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
done

mount -t ext4 /dev/vda /disk
cd /disk/etc || exit
# Only at the first start: from then on what is on the disk is the guest's own affair.
if ! [ -s hostname ]; then
    echo "127.0.0.1 localhost
127.0.1.1 ${guest:?}" >hosts
    echo "nameserver ${gateway:?}" >resolv.conf
    tr -d - </proc/sys/kernel/random/uuid >machine-id
    echo "auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address ${address:?}
    gateway $gateway
    dns-nameservers $gateway" >network/interfaces
    echo "$guest" >hostname
    sync
fi
cd /
umount /proc /sys
mount -o move /dev /disk/dev
exec switch_root /disk /sbin/init
