"""The look of every picture, in one place.

Colours are laid thinly over whatever background there is, and text takes the
theme's own colour, so that one sheet serves light and dark. No meaning is
carried by colour alone. A notebook has the sheet once, in its first output; the archived page has
it in its head.
"""

from __future__ import annotations

# A panel that stays in view, in a front end; the archived page has none. A form has it too, since
# no other picture may be on the page.
PANEL = """\
.jp-NotebookPanel .rb-panel{position:fixed;right:22px;bottom:32px;z-index:90;
 box-sizing:border-box;width:auto!important;max-width:min(820px,calc(100% - 44px));
 max-height:60vh;overflow:auto;
 padding:4px 12px 6px;border:2px solid var(--jp-border-color0,gray);border-radius:6px;
 background:var(--jp-layout-color1,Canvas);color:var(--jp-content-font-color1,CanvasText);
 box-shadow:0 2px 10px rgba(0,0,0,.35)}
.jp-NotebookPanel .jp-WindowedPanel-viewport:has(.rb-panel){padding-bottom:280px}
/* A question, and text that was printed, break between words. */
.jp-NotebookPanel :is(.jp-Stdin,.jp-RenderedText) pre{word-break:normal;overflow-wrap:anywhere}
/* In a small window the panel leaves room for the page: signs say the same as the words. */
@media (max-width:960px){
.jp-NotebookPanel .rb-panel ol.rb-board small{position:absolute;width:1px;height:1px;
 overflow:hidden;clip-path:inset(50%)}
.jp-NotebookPanel .rb-panel .rb-count{font-size:20px}
.jp-NotebookPanel .rb-panel .rb-now svg{width:100px;height:18px}
.jp-NotebookPanel .rb-panel{bottom:8px}
}
"""
SHEET = """\
.rb{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.4;
 color:var(--jp-content-font-color1,inherit);max-width:100%;overflow-x:auto}
.rb .rb-title{font-weight:600;font-size:14px;margin:6px 0 2px}
.rb .rb-say{margin:4px 0;padding:5px 10px;border-left:4px solid rgba(128,128,128,.6);
 white-space:pre-wrap}
.rb :is(.rb-say,.rb-verdict,.rb-first){overflow-wrap:anywhere}
.rb .rb-good{border-left-color:#2ea043;background:rgba(46,160,67,.13)}
.rb .rb-warn{border-left-color:#d29922;background:rgba(210,153,34,.15)}
.rb .rb-bad{border-left-color:#e5534b;background:rgba(229,83,75,.15)}
.rb table{border-collapse:collapse;margin:1px 0 6px!important;font-size:12.5px;line-height:1.35}
.rb table caption{caption-side:top;text-align:left;font-weight:600;padding:2px 0;color:inherit;
 white-space:nowrap}
.rb table th,.rb table td{text-align:left!important;vertical-align:top!important;
 padding:2px 10px 2px 6px!important;white-space:pre;max-width:46em;
 border:0;border-bottom:1px solid rgba(128,128,128,.28)}
.rb table th{font-weight:600}
.rb table td{font-family:var(--jp-code-font-family,ui-monospace,monospace)}
.rb table td.rb-words{font-family:inherit}
.rb table td.rb-wide{white-space:pre-wrap;overflow-wrap:anywhere;min-width:20em}
.rb table td.rb-wide.rb-words{min-width:14em}
.rb table td.rb-added{background:rgba(46,160,67,.2)}
.rb table td.rb-removed{background:rgba(229,83,75,.2)}
.rb table td.rb-changed{background:rgba(210,153,34,.2)}
.rb table td.rb-block{background:rgba(229,83,75,.2);font-weight:600}
.rb .rb-scroll{max-height:38em;overflow:auto;margin:2px 0 8px;
 border-bottom:1px solid rgba(128,128,128,.5)}
.rb .rb-scroll thead{position:sticky;top:0;background:var(--jp-layout-color0,Canvas)}
.rb .rb-diff{font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px;
 line-height:1.3;white-space:pre-wrap;overflow-wrap:anywhere;margin:2px 0 8px}
.rb .rb-diff .rb-added{background:rgba(46,160,67,.2)}
.rb .rb-diff .rb-removed{background:rgba(229,83,75,.2)}
.rb .rb-diff .rb-changed{opacity:.7}
.rb ol.rb-plan{list-style:none;margin:4px 0;padding:0;line-height:1.2;
 font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:11.5px}
.rb ol.rb-plan li{margin:0;padding:0}
.rb .rb-step{display:grid;grid-template-columns:1em 2em 5.5em 1fr;gap:0 .8em;white-space:pre-wrap;
 overflow-wrap:anywhere;list-style:none}
.rb .rb-step::before{content:""}
.rb summary.rb-step::before{content:"\\25B8"}
.rb details[open]>summary.rb-step::before{content:"\\25BE"}
.rb details>summary.rb-step{font-weight:400;padding:0;min-height:0}
.rb .rb-plan li:has(>details)+li:has(>details){margin-top:10px}
.rb summary.rb-step::-webkit-details-marker{display:none}
.rb .rb-n{text-align:right}
.rb .rb-mono{font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px}
.rb ol.rb-board{display:flex;flex-wrap:wrap;gap:4px;list-style:none;margin:2px 0 8px;padding:0}
.rb ol.rb-board li{border:1px solid rgba(128,128,128,.45);border-radius:4px;padding:1px 8px}
.rb ol.rb-board li.rb-added{background:rgba(46,160,67,.2)}
.rb ol.rb-board li.rb-removed{background:rgba(229,83,75,.2);font-weight:600}
.rb ol.rb-board li.rb-changed{background:rgba(210,153,34,.2);font-weight:600}
.rb ol.rb-board small{opacity:.85}
.rb tr:has(td.rb-links) td{white-space:pre-wrap;overflow-wrap:break-word;max-width:22em}
.rb tr:has(td.rb-links) td.rb-name{white-space:nowrap}
.rb table td.rb-links{min-width:20em}
.rb .rb-links a{display:inline-block;margin:1px 6px 1px 0;padding:0 7px;border-radius:3px;
 border:1px solid var(--jp-border-color1,gray)}
.rb .rb-next{margin:10px 0 4px}
.rb a.rb-to-first{text-decoration:underline!important}
.rb button{font:inherit;color:inherit;background:none;padding:2px 10px;border-radius:3px;
 border:1px solid var(--jp-border-color0,gray);cursor:pointer}
.rb .rb-count{font-size:26px;font-variant-numeric:tabular-nums;margin-right:8px}
.rb .rb-now{display:flex;flex-wrap:wrap;align-items:center;gap:0 10px;margin:2px 0}
.rb .rb-now svg{margin:0}
.rb svg .rb-pulse .rb-wire{stroke-width:1.6}
.rb svg .rb-tick .rb-wire{stroke-width:1;stroke-dasharray:3 3}
.rb svg .rb-tick.rb-cut .rb-wire{stroke-width:3;stroke-dasharray:none}
.rb .rb-more{opacity:.75;margin:0 0 8px;font-style:italic}
.rb progress{display:block;width:min(420px,100%);height:10px;margin:0 0 6px}
.rb details>summary{cursor:pointer;font-weight:600;padding:1px 0;min-height:24px;
 box-sizing:border-box}
.rb .rb-beside{display:flex;flex-wrap:wrap;gap:0 22px}
.rb .rb-beside>details[open]{flex:1 1 100%}
.rb .rb-said{display:inline-block;vertical-align:top;margin:0 18px 0 0}
.rb .rb-said[open]{display:block}
.rb .rb-said>summary{font-weight:400;font-size:12px}
.rb .rb-said pre,.rb .rb-plan pre{font-size:12px;line-height:1.35;
 font-family:var(--jp-code-font-family,ui-monospace,monospace);margin:2px 0 0;padding:6px 10px;
 max-height:32em;overflow:auto;
 white-space:pre;color:inherit;background:rgba(128,128,128,.09)}
.rb :is(.rb-verdict,.rb-first){margin:10px 0;padding:14px 18px;border:2px solid;border-radius:6px}
.rb :is(.rb-verdict,.rb-first) b{display:block;font-size:24px;line-height:1.25}
.rb :is(.rb-verdict,.rb-first).rb-good{border-color:#2ea043}
.rb :is(.rb-verdict,.rb-first).rb-bad{border-color:#e5534b}
.rb :is(.rb-verdict,.rb-first).rb-warn{border-color:#d29922}
.rb :is(.rb-verdict,.rb-first).rb-note{border-color:#8b949e}
.rb svg{display:block;max-width:100%;height:auto;margin:4px 0}
.rb svg text{font-size:12px;fill:currentColor;
 font-family:var(--jp-code-font-family,ui-monospace,monospace)}
.rb svg .rb-head{font-size:13px;font-weight:600}
.rb svg .rb-small{font-size:11px}
.rb svg .rb-sign{font-weight:700}
.rb svg .rb-box{fill:rgba(128,128,128,.07);stroke:currentColor;stroke-width:1}
.rb svg .rb-host{fill:none;stroke:currentColor;stroke-dasharray:2 4;opacity:.6}
.rb svg .rb-wire{fill:none;stroke:currentColor;stroke-width:1.5;stroke-linejoin:round}
.rb svg .rb-tip{fill:currentColor}
.rb svg .rb-route .rb-wire{stroke-width:1.2}
.rb svg .rb-dark .rb-wire,.rb svg .rb-dark .rb-box{stroke-dasharray:2 3}
.rb svg .rb-holds{fill:rgba(210,153,34,.22);stroke:currentColor;stroke-width:1}
.rb svg .rb-badge{fill:var(--jp-layout-color0,Canvas);stroke:currentColor;stroke-width:1}
.rb svg .rb-new .rb-box{fill:rgba(46,160,67,.16);stroke:#2ea043;stroke-width:3}
.rb svg .rb-new .rb-wire{stroke:#2ea043;stroke-width:3.5}
.rb svg .rb-new .rb-tip{fill:#2ea043}
.rb svg .rb-changed .rb-box{stroke-width:2}
.rb svg .rb-gone .rb-box,.rb svg .rb-gone .rb-wire,.rb svg .rb-fact-gone .rb-holds{
 stroke:#d1564f;stroke-width:1.5;stroke-dasharray:6 5}
.rb svg .rb-gone .rb-tip{fill:#d1564f}
.rb svg .rb-gone .rb-box,.rb svg .rb-gone .rb-holds,.rb svg .rb-fact-gone .rb-holds{fill:none}
.rb svg .rb-gone .rb-head,.rb svg .rb-fact-gone .rb-mono{text-decoration:line-through}
.rb svg .rb-lane .rb-wire{stroke-width:1;opacity:.35}
.rb svg .rb-is-good .rb-box{fill:rgba(46,160,67,.2);stroke:#2ea043;stroke-width:2}
.rb svg .rb-is-warn .rb-box{fill:rgba(210,153,34,.25);stroke:#d29922;stroke-width:2}
.rb svg .rb-is-bad .rb-box{fill:rgba(229,83,75,.25);stroke:#e5534b;stroke-width:3}
.rb svg .rb-fact-new .rb-mono{font-weight:700}
/* A narrow window, a phone, a zoom of 150 %: a step flows over the whole width, and of a table of
 sentences each row is a block. */
@media (max-width:960px){
.rb .rb-step,.rb details>summary.rb-step{display:block;padding-left:3.6em;text-indent:-3.6em}
.rb .rb-step::before,.rb .rb-step>.rb-n{display:inline-block;width:1em;text-indent:0}
.rb .rb-step>.rb-n{width:1.6em}
.rb .rb-step>span+span{margin-left:.7em}
.rb table caption{white-space:normal}
.rb table th[scope=row]{white-space:pre-wrap}
.rb table th[scope=row]+td{white-space:pre-wrap;overflow-wrap:anywhere;min-width:0!important}
.rb svg{max-width:none}
.rb table.rb-flow:not(:has(td.rb-words)) :is(tbody,tr){display:block}
.rb table.rb-flow thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.rb table.rb-flow:not(:has(td.rb-words)) tr{padding:2px 0;text-align:left!important;
 border-bottom:1px solid rgba(128,128,128,.28)}
.rb table.rb-flow:not(:has(td.rb-words)) td{display:inline-block;border:0;
 padding:0 4px!important;margin-right:8px;white-space:pre-wrap;overflow-wrap:anywhere}
.rb table.rb-flow td:empty{display:none!important}
.rb table:has(>caption):has(>thead):not(.rb-long){width:100%}
.rb table:has(>caption):has(>thead):not(.rb-flow,.rb-long) :is(th,td):last-child{width:100%}
.rb table.rb-flow:not(:has(td.rb-words)) td:first-child{font-weight:600}
.rb table.rb-flow:not(:has(td.rb-words)) td:first-child::before{content:none!important}
.rb table td.rb-wide{min-width:9em}
.rb table:has(td.rb-words):not(.rb-long) :is(tbody,tr,td){display:block}
.rb table:has(td.rb-words):not(.rb-long) thead{position:absolute;width:1px;height:1px;
 overflow:hidden;clip-path:inset(50%)}
.rb table:has(td.rb-words):not(.rb-long) tr{padding:3px 0;
 border-bottom:1px solid rgba(128,128,128,.28)}
.rb table:has(td.rb-words):not(.rb-long) td{border:0;max-width:none;min-width:0!important;
 padding:1px 6px!important;white-space:pre-wrap!important;overflow-wrap:anywhere}
.rb td[data-label]:not(:empty)::before{content:attr(data-label) ": ";font-weight:600}
}
"""
STYLE = f"<style>{SHEET}{PANEL}</style>"
# What the script puts around a long table; shown with it, and not with each picture.
TOOLS = """\
@keyframes rb-drawn{from{outline-offset:0}to{outline-offset:1px}}
.rb-refused{animation:rb-drawn 1ms}
.rb .rb-tools{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 18px;margin:10px 0 4px}
.rb .rb-tools>div{display:contents}
.rb .rb-tools label{margin-right:6px}
.rb .rb-tools input,.rb .rb-filters input{font:inherit;color:inherit;box-sizing:border-box;
 background:var(--jp-layout-color0,Field);padding:2px 6px;border-radius:3px;
 border:1px solid var(--jp-border-color0,rgb(118,118,118))}
.rb .rb-tools input{width:18em;max-width:100%}
.rb .rb-filters input{width:100%;min-width:3.6em;padding:0 4px;font-size:11.5px}
.rb .rb-filters td{padding-top:0!important}
.rb .rb-filters input::placeholder{color:inherit;opacity:.75}
.rb .rb-tools input:focus-visible,.rb .rb-filters input:focus-visible,
 .rb .dt-column-order:focus-visible{outline:2px solid var(--jp-brand-color1,Highlight);
 outline-offset:1px}
.rb table.dataTable{margin-top:0!important}
.rb table.dataTable thead th{cursor:pointer}
.rb .dt-column-header{display:flex;align-items:center;justify-content:space-between;gap:2px}
.rb table.dataTable thead th{padding-right:0!important}
.rb .dt-column-order{min-width:24px;min-height:24px;display:flex;align-items:center;
 justify-content:center}
.rb .dt-column-order::after{content:"\\2195";opacity:.6}
.rb th[aria-sort=ascending] .dt-column-order::after{content:"\\25B2";opacity:1}
.rb th[aria-sort=descending] .dt-column-order::after{content:"\\25BC";opacity:1}
.rb caption.rb-heard{position:absolute;width:1px;height:1px;padding:0;overflow:hidden;
 clip-path:inset(50%)}
"""
# Of the archived page alone: where nbconvert's own colours are too faint to read, stronger ones.
PAGE = """\
/* The first page, on a phone too. */
.jp-RenderedMarkdown td+td{overflow-wrap:anywhere}
body.jp-Notebook{background:var(--jp-layout-color0)}
:root{--jp-mirror-editor-comment-color:#2b6a6a;--jp-mirror-editor-operator-color:#8a1fd1;
 --jp-cell-prompt-not-active-opacity:1;
 --jp-cell-prompt-not-active-font-color:var(--jp-content-font-color1)}
@media screen and (prefers-color-scheme:dark){
:root{--jp-mirror-editor-comment-color:#7fc4c4;--jp-mirror-editor-operator-color:#d29bff}}
"""
