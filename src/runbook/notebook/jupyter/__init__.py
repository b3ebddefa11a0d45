"""What Jupyter and papermill need: server, kernel extensions, file handler."""
