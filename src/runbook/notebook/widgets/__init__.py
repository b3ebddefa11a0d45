"""Forms in a notebook: they draw and ask, and never act.

::

    offered = form(("interface", "address", "stp"), values, seen=snapshot)
    offered.check(judge)        reasons stand beside the fields, now and at each change
    offered.on_change(again)    called after them
    offered.show()              a widget where there are widgets, else the same as text
    offered.values()            as parameters: text, truth values, lists, None
    offered.freeze()            the final values, as plain HTML, in the same place

A notebook does not keep the state of a widget. So every widget is shown together with a static
picture of it, and is replaced by that picture once it is settled (`widget_output`).

`form` and `field` are parameters, `help` says what each is for, `consents` are the risks,
`question` makes a cell wait for *Continue*, `complete` does so while a form lacks something,
`buttons` are the three buttons of an armed change, `look` is the style.
"""

from __future__ import annotations

from runbook.notebook.widgets.complete import wait_until_complete
from runbook.notebook.widgets.consents import Consents, ConsentsBelow, consents
from runbook.notebook.widgets.form import Form, form
from runbook.notebook.widgets.widget_output import WidgetOnPage, show_widget

__all__ = [
    "Consents",
    "ConsentsBelow",
    "Form",
    "WidgetOnPage",
    "consents",
    "form",
    "show_widget",
    "wait_until_complete",
]
