"""What is loaded into kernels, papermill and the server.

`cell_errors` shows an error as four sentences, `shell_replies` mends how a kernel sends
replies, `papermill_io` writes a notebook whole and without secrets, `debug_log` keeps the debug
log of a kernel in a file, `unattended` tells papermill from a program that only renders a
notebook, `server` is `runbook desk`.
"""
