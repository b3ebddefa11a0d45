"""The way onto a page: of a notebook, of a terminal, of the archive.

`picture` is what a cell shows, `page` shows it, `style` is the look. `document` makes the
archived page, `standalone` a page of pictures alone. `interactive` has the one script of both
(DataTables, in `datatables/`), which sorts and filters long tables. The tables are complete
without it.
"""
