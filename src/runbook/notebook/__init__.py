"""What the notebooks import: one package a notebook."""
