"""guest.ipynb: a cell a call."""
