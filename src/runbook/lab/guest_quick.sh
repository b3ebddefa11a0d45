#!/bin/sh
# Process 1 of a quick guest. `getty` is from the kernel's command line: login, shell or none.
export PATH=/sbin:/bin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs run /run

# Without this, `virsh shutdown` would be heard by nobody, and the host's own shutdown wait for it.
# Opened before the guest answers: a press that comes earlier is lost.
exec 3</dev/input/power-button
(head -c 1 <&3 >/dev/null && sync && poweroff -f) &

hostname -F /etc/hostname
ifup -a
# Its neighbours learn of it, as of any guest that has something to say.
ping -c 1 -W 1 "$(awk '$1 == "gateway" { print $2 }' /etc/network/interfaces)" >/dev/null &

while :; do
    case ${getty:?} in
    login) getty -L 115200 ttyS0 vt100 ;;
    shell) setsid cttyhack /bin/sh -l ;;
    *) sleep 3600 ;;
    esac
done
