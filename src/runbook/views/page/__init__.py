"""The way onto a page: of a notebook, of a terminal, of the archive.

`picture` is what a cell shows, `page` shows it, `style` is the look. `document` makes the
archived page, `interactive` has its one script (DataTables, in `datatables/`), which sorts and
filters long tables. The tables are complete without it.
"""
