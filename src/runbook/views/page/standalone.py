"""Pictures as a page of their own, which loads nothing and runs nothing but our one script."""

from __future__ import annotations

from runbook.views.page.interactive import script, script_source
from runbook.views.page.picture import Picture, framed, safe
from runbook.views.page.style import SHEET, TOOLS

_LAYOUT = "body{margin:1.5em;background:Canvas;color:CanvasText}"


def standalone(picture: Picture, title: str, *, again_s: int = 0) -> str:
    """The page; a browser loads it again after `again_s` seconds, 0 for never."""
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
        f" script-src {script_source()}"
    )
    again = f'<meta http-equiv="refresh" content="{again_s}">' if again_s else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="color-scheme" content="light dark">{again}<title>{safe(title)}</title>'
        f"<style>{SHEET}{TOOLS}{_LAYOUT}</style></head>"
        f"<body><main>{framed(picture.body)}</main><script>{script()}</script></body></html>\n"
    )
