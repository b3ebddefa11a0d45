"""What the first cell of every notebook shows before anything else."""

from __future__ import annotations

from runbook import views
from runbook.notebook.jupyter.unattended import somebody_there
from runbook.notebook.shared.made_for import tell_other_version


def show_page_head() -> None:
    """The style of all pictures, the script of the tables if somebody is there, and a warning."""
    views.show(views.page_head(scripted=somebody_there()))
    tell_other_version()
