"""What fleet.ipynb imports.

`cells` lists the calls. `request` reads the parameters, `form` asks for them, `stages` plans and
changes, `controls` are the buttons of a run at work, `live` is its picture.
"""
