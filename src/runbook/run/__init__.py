"""The order of a change, recited once, and the ways back into it."""
