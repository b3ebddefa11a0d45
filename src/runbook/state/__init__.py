"""Readers: one table a module, each a pandas DataFrame with documented columns."""
