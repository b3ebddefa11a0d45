"""What the notebooks import: one call a cell, each returns what the next one needs.

A package for each notebook, with its name: `routed`, `guest`, `revert`, `undo`, `survey`, `audit`,
`fleet`, `history`, `desk`. `shared` has what several of them use, `live` what runs beside a cell,
`widgets` the forms and buttons, `jupyter` what is loaded into kernels, papermill and the server.
`archive` files an executed notebook in its run folder.
"""
