#!/bin/busybox sh
# Process 1 of a quick guest. What the kernel does not know of its command line it hands on as
# variables: guest, address (with prefix length), gateway.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do
    insmod "/modules/$module"
done </modules/order

# Without this, `virsh shutdown` would be heard by nobody, and the host's own shutdown wait for it.
# Opened before the guest answers: a press that comes earlier is lost.
for input in /sys/class/input/event*; do
    if [ "$(cat "$input/device/name")" = "Power Button" ]; then
        exec 3<"/dev/input/${input##*/}"
        (head -c 1 <&3 >/dev/null && poweroff -f) &
    fi
done

hostname "${guest:?}"
ip link set lo up
ip link set eth0 up
ip address add "${address:?}" dev eth0
ip route add default via "${gateway:?}"
# Its neighbours learn of it, as of any guest that has something to say.
ping -c 1 -W 1 "$gateway" >/dev/null &

echo "$guest has $address; this is its console"
while :; do
    setsid cttyhack sh
done
