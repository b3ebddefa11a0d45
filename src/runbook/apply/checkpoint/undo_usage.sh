# It is safe at any time and as often as you like while the change is in progress:
# before it, in the middle of it, after it, and when an undo was broken off. It
# needs this directory and Debian's own tools, nothing else. It runs on its own
# machine and in its own directory; a copy does nothing. Once the change has ended
# it still works by hand: it names each file that it replaces, and keeps a copy.
#
#   sh undo            at the console, by a person
#   sh undo operator   from the operator's program
#   sh undo deadline   by the timer
#   sh undo refused    by the host itself, when its kernel refuses a step
#   sh undo libvirt    once libvirt answers again: only what libvirt alone can put back
#   sh undo boot       before networking starts, after a power cut: files only
#   sh undo announce   the second half of that, once the network is up
#
# If the operator has asked for one reboot of the changed host, the last two leave the change in
# place at that boot, and start its countdown anew.
#
# All but the first do nothing once the change is confirmed or undone, and none
# does anything while another change is in progress.
