"""The look of the forms: the theme's own colours, and never colour alone."""

from __future__ import annotations

from ipywidgets import HTML, Layout

from runbook.views.page.picture import safe
from runbook.views.page.style import STYLE

LABEL = {"description_width": "110px"}
WIDE, WIDER, FULL = "520px", "680px", "100%"
SHEET = """\
@keyframes rb-drawn{from{outline-offset:0}to{outline-offset:1px}}
.rb-form .rb-asked{animation:rb-drawn 1ms}
.rb-form{overflow:visible}
.rb-form .widget-label{color:var(--jp-content-font-color1)}
.rb-form input:focus-visible,.rb-form select:focus-visible,.rb-form button:focus-visible{
 outline:2px solid var(--jp-content-font-color1)!important;outline-offset:1px}
/* ipywidgets' own arrow is black, also on black. */
body[data-jp-theme-light=false] .rb-form select{background-image:none!important;appearance:auto;
 color-scheme:dark}
.rb-form ::placeholder{color:var(--jp-content-font-color2)!important;opacity:1}
/* Their margin comes on top of their width, and the box cuts off what is beyond it. */
.rb-form :is(.widget-text,.widget-dropdown,.widget-combobox){max-width:calc(100% - 8px)!important}
.rb-form .rb-row{align-items:flex-start;flex-wrap:wrap;overflow:visible}
.rb-form .rb-row>.rb-reason{flex:1 1 240px;min-width:0}
.rb-form .rb-reason{margin:0 0 0 8px;height:auto;color:var(--jp-content-font-color1)}
.rb-form .rb-reason .widget-html-content{line-height:1.4;white-space:normal}
.rb-form .rb-reason p{margin:2px 0;padding:3px 8px;border-left:4px solid #d1242f;
 background:rgba(229,83,75,.15)}
.rb-form .rb-reason p.rb-hint{border-left-color:transparent;background:none;
 color:var(--jp-content-font-color2)}
@media (max-width:960px){.rb-form .rb-reason p.rb-hint{padding-left:104px;margin-top:-3px}}
.rb-form .rb-wrong input,.rb-form .rb-wrong select{border:2px solid #d1242f!important}
.rb-form .widget-checkbox{width:calc(100% - 4px)!important;height:auto;overflow:visible}
.rb-form .widget-checkbox label.widget-label-basic{white-space:normal;height:auto;line-height:1.4;
 align-items:flex-start;max-width:60em}
"""


def sheet() -> HTML:
    """The sheet, to stand first in a form."""
    return HTML(f"{STYLE}<style>{SHEET}</style>", layout=Layout(display="none"))


def reason(message: str) -> str:
    """The line beside a field; read out by a screen reader when it comes."""
    return f'<p role="alert" class="mathjax_ignore">✗ {safe(message)}</p>' if message else ""


def hint(text: str) -> str:
    """The line beside a field whose value is right: what the field is for."""
    return f'<p class="rb-hint mathjax_ignore">{safe(text)}</p>' if text else ""
