"""What a guest's own network is, read from inside."""
