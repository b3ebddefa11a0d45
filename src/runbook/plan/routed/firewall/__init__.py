"""How the rules of the firewall are carried over to the bridge."""
