"""How a record looks on paper: everything open, nothing cut off, change and page on each sheet."""

from __future__ import annotations

PRINT = """\
@page{size:A4 landscape;margin:14mm 10mm 12mm}
@media print{
body.jp-Notebook{padding:0!important;margin:0;overflow:visible!important;font-size:10pt}
.jp-Cell,.jp-Cell-inputWrapper,.jp-Cell-outputWrapper,.jp-InputArea,.jp-OutputArea,
 .jp-OutputArea-child{display:block!important;overflow:visible!important;padding:0!important;
 margin:0!important;break-inside:auto!important}
.jp-InputPrompt,.jp-OutputPrompt,.jp-Collapser,.anchor-link{display:none!important}
.jp-OutputArea-output,.jp-InputArea-editor,.jp-RenderedHTMLCommon{display:block!important;
 width:auto!important;margin:0!important;padding:0!important;overflow:visible!important;
 max-width:100%!important}
.jp-InputArea-editor pre,.jp-OutputArea-output pre{white-space:pre-wrap!important;
 overflow-wrap:anywhere}
.jp-RenderedHTMLCommon :is(h1,h2,h3){break-after:avoid}
.rb,.rb *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.rb,.rb .rb-scroll{overflow:visible;max-height:none}
.rb .rb-scroll thead{position:static}
.rb .rb-tools,.rb .rb-filters,.rb .dt-column-order{display:none!important}
.rb caption.rb-heard{position:static;width:auto;height:auto;overflow:visible;clip-path:none}
.rb{line-height:1.25;font-size:9pt}
.rb table{font-size:8pt;line-height:1.2;max-width:100%}
.rb table caption{white-space:normal;break-after:avoid}
.rb .rb-beside,.rb .rb-said,.rb .rb-said[open]{display:block;margin:0}
.rb table th,.rb table td,.rb table td.rb-wide,.rb table td.rb-links{white-space:pre-wrap;
 overflow-wrap:anywhere;max-width:none;min-width:0;padding:2px 6px 2px 4px!important}
.rb table th{overflow-wrap:normal}
.rb tr,.rb svg,.rb :is(.rb-verdict,.rb-first),.rb .rb-step{break-inside:avoid}
.rb details>summary{break-after:avoid}
.rb pre,.rb .rb-said pre,.rb .rb-plan pre{white-space:pre-wrap;overflow-wrap:anywhere;
 max-height:none;overflow:visible;font-size:7pt;line-height:1.2}
.rb .rb-plan{font-size:8pt}
.rb summary.rb-step::before{content:""}
}
"""


def running_header(title: str) -> str:
    """The change at the top of each sheet, its number and the number of all at the bottom."""
    return (
        f"@page{{@top-left{{content:{_quoted(title)};font:9pt sans-serif}}"
        '@bottom-right{content:"page " counter(page) " of " counter(pages);font:9pt sans-serif}}'
    )


def _quoted(text: str) -> str:
    """As a string of CSS inside an HTML element: neither of them can be left by any character."""
    spelled = (
        c if c.isascii() and (c.isalnum() or c in " -._:") else f"\\{ord(c):x} " for c in text
    )
    return f'"{"".join(spelled)}"'
