"""What runs beside a cell.

`background` has the threads, `buttons` what the buttons of an armed change do, `watch` what the
operator sees meanwhile: the countdown and the host's answers.
`after_typing` follows what a person types.
`file_record` is the button that files the notebook of a run that is over.
"""
