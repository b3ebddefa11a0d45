"""The look of every picture, in one place.

Colours are laid thinly over whatever background there is, and text takes the
theme's own colour, so that one sheet serves light and dark. No meaning is
carried by colour alone. The archived page has the sheet in its head instead.
"""

from __future__ import annotations

SHEET = """\
.rb{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.4;
 color:var(--jp-content-font-color1,inherit);max-width:100%;overflow-x:auto}
.rb .rb-title{font-weight:600;font-size:14px;margin:10px 0 4px}
.rb .rb-say{margin:6px 0;padding:6px 10px;border-left:4px solid rgba(128,128,128,.6);
 white-space:pre-wrap}
.rb .rb-good{border-left-color:#2ea043;background:rgba(46,160,67,.13)}
.rb .rb-warn{border-left-color:#d29922;background:rgba(210,153,34,.15)}
.rb .rb-bad{border-left-color:#e5534b;background:rgba(229,83,75,.15)}
.rb table{border-collapse:collapse;margin:2px 0 8px!important;font-size:12.5px}
.rb table caption{caption-side:top;text-align:left;font-weight:600;padding:4px 0;color:inherit;
 white-space:nowrap}
.rb table th,.rb table td{text-align:left!important;vertical-align:top!important;
 padding:3px 10px 3px 6px!important;white-space:pre-wrap;overflow-wrap:anywhere;max-width:46em;
 border:0;border-bottom:1px solid rgba(128,128,128,.28)}
.rb table th{font-weight:600;white-space:nowrap;overflow-wrap:normal}
.rb table td{font-family:var(--jp-code-font-family,ui-monospace,monospace)}
.rb table td.rb-words{font-family:inherit}
.rb table td.rb-tight{white-space:nowrap;overflow-wrap:normal}
.rb table td.rb-added{background:rgba(46,160,67,.2)}
.rb table td.rb-removed{background:rgba(229,83,75,.2)}
.rb table td.rb-changed{background:rgba(210,153,34,.2)}
.rb table td.rb-block{background:rgba(229,83,75,.2);font-weight:600}
.rb .rb-diff{font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12.5px;
 white-space:pre-wrap;overflow-wrap:anywhere;margin:2px 0 8px}
.rb .rb-diff .rb-added{background:rgba(46,160,67,.2)}
.rb .rb-diff .rb-removed{background:rgba(229,83,75,.2)}
.rb .rb-diff .rb-changed{opacity:.7}
.rb ol.rb-board{display:flex;flex-wrap:wrap;gap:4px;list-style:none;margin:2px 0 8px;padding:0}
.rb ol.rb-board li{border:1px solid rgba(128,128,128,.45);border-radius:4px;padding:1px 8px}
.rb ol.rb-board li.rb-added{background:rgba(46,160,67,.2)}
.rb ol.rb-board li.rb-removed{background:rgba(229,83,75,.2);font-weight:600}
.rb ol.rb-board li.rb-changed{background:rgba(210,153,34,.2);font-weight:600}
.rb ol.rb-board small{opacity:.85}
.rb .rb-count{font-size:26px;font-variant-numeric:tabular-nums;margin-right:8px}
.rb svg .rb-pulse .rb-wire{stroke-width:1.6}
.rb svg .rb-tick .rb-wire{stroke-width:1;stroke-dasharray:3 3}
.rb svg .rb-tick.rb-cut .rb-wire{stroke-width:3;stroke-dasharray:none}
.rb .rb-more{opacity:.75;margin:0 0 8px;font-style:italic}
.rb details>summary{cursor:pointer;font-weight:600;padding:3px 0}
.rb .rb-verdict{margin:10px 0;padding:14px 18px;border:2px solid;border-radius:6px}
.rb .rb-verdict b{display:block;font-size:24px;line-height:1.25}
.rb .rb-verdict.rb-good{border-color:#2ea043}.rb .rb-verdict.rb-bad{border-color:#e5534b}
.rb .rb-verdict.rb-warn{border-color:#d29922}.rb .rb-verdict.rb-note{border-color:#8b949e}
.rb svg{display:block;max-width:100%;height:auto;margin:4px 0}
.rb svg text{font-size:13px;fill:currentColor}
.rb svg .rb-head{font-weight:600}
.rb svg .rb-small{font-size:11.5px}
.rb svg .rb-mono{font-size:12px;font-family:var(--jp-code-font-family,ui-monospace,monospace)}
.rb svg .rb-box{fill:rgba(128,128,128,.07);stroke:currentColor;stroke-width:1.2}
.rb svg .rb-host{fill:none;stroke:currentColor;stroke-dasharray:5 4;opacity:.6}
.rb svg .rb-wire{fill:none;stroke:currentColor;stroke-width:2}
.rb svg .rb-new .rb-box{fill:rgba(46,160,67,.18);stroke:#2ea043;stroke-width:2}
.rb svg .rb-new .rb-wire{stroke:#2ea043;stroke-width:3}
.rb svg .rb-holds{fill:rgba(210,153,34,.28);stroke:#d29922;stroke-width:1.5}
.rb svg .rb-same{opacity:.55}
"""
STYLE = f"<style>{SHEET}</style>"
