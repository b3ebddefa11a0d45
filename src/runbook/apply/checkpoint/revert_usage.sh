# A revert takes the change back part by part, and its own undo, in the revert's directory, makes the
# change again. Without an armed revert this does nothing. At the console, without a revert:
# sh undo, in this directory.
#
#   sh revert files     each file that the change wrote or edited
#   sh revert network   the address, the routes, the bridge's port
#   sh revert rest      the libvirt network, rules, kernel parameters, the DHCP client

# shellcheck disable=SC2317 # the helpers are those of an undo, and a revert calls not all of them
