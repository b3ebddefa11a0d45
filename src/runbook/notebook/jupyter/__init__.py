"""What is loaded into kernels, papermill and the server.

Kernels: `cell_errors` shows an error as four sentences, `typed_parameters` says what is wrong with
a typed parameter, `shell_replies` fixes how a kernel sends replies, `display_flush` how it draws,
`kernel_end` how it ends, `debug_log` keeps the debug log of a kernel in a file, `kernel_signals`
undoes an armed change before a kernel ends, `uninterrupted` holds signals back while an undo is
armed or runs. papermill: `papermill_io` writes a notebook whole and without secrets,
`save_at_work` saves it while it runs,
`papermill_ending` ends a run, `notebook_state` reads what a notebook says of its run, `last_words`
ends a run whose kernel is dead, `executed_notebook` puts the first page on top and marks what was
not run, `volatile_output` leaves out what differs by itself. Both: `unattended` tells papermill
from a program that only renders a notebook. Fleets: `warm` imports everything once and forks
papermill for each host, `warm_kernel` its kernel, `fork_end` ends both. `server` is `runbook desk`,
`desk_app` the program that it becomes.
"""
