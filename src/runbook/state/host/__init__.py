"""What the host is beside its tables: programs, services, hardware, probes."""
