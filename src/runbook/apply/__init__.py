"""The change is made on the host, and can be undone there: phases, checkpoint, verdict."""
