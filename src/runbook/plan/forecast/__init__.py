"""The host as a plan will leave it: files, next boot, wiring."""
