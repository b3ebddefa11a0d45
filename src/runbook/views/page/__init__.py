"""The way onto a page: of a notebook, of a terminal, of the archive.

`picture` is what a cell shows, `page` shows it, `style` is the look, `print_style` the look on
paper. `document` makes the archived page, `standalone` a page of pictures alone, `pdf` prints a
page into a file, and `column_widths` computes the columns of its tables. `interactive` has the one
script of all pages (DataTables, in `datatables/`), which sorts and filters long tables. The tables
are complete without it.
"""
