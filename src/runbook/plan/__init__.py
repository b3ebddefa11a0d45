"""What there is to do, worked out from parameters and a snapshot. Pure."""
