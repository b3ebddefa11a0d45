"""What every room uses: errors, redaction, the clock, files, folders, packages."""
