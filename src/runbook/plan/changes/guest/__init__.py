"""What a change alters of a guest: its NIC, its configuration."""
