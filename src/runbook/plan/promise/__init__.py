"""The end state as data, and whether a snapshot shows it."""
