"""undo.ipynb: a cell a call."""
