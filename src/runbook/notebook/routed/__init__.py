"""routed.ipynb: a cell a call."""
