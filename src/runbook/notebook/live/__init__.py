"""What goes on while a cell waits: buttons, watches, threads."""
