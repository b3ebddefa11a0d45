"""What survey.ipynb imports.

`cells` lists the calls. `look` reads a host and offers values, `form` is the form with the risks,
`write` writes the host's file.
"""
