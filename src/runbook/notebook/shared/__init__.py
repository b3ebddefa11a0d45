"""What several notebooks use.

`values` is what one cell hands to the next, `runs` a run with its record, `cell_value` what every
value shows and offers, `state_tables` the host's state as DataFrames. `record_links` are links to
what a run left. `page_head` is shown first in every notebook, `host_choice` asks which host is
meant, `made_for` says that a notebook is of another version, `approval` is the question to the
operator, `approval_signature` checks who signed for a plan, `stages` which stage is done,
`change_so_far` what was made of an armed change, `change_mark` what programs read of it, `steps`
the steps while they are made, `pick_up` takes a change up after a lost kernel, `undoing` undoes
after a failure, `stopping` ends a run between two cells, `leave_guests` closes the guests,
`by_hand` shows what a person does inside them, `next_steps` what comes after a run, `request` what
is said of the change, `first_page` the card at the top. `ending` writes the outcome, `sealing` the
begin and the manifest of the record.
"""
