"""The wiring of a host as a drawing and in words."""
