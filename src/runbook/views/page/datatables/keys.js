// A key that is pressed in a list, on a button or a box of ours is no command of the notebook:
// JupyterLab would take the letters of a host's name for "cut this cell" and the like.
(() => {
  "use strict";
  if (window.runbookKeys) return;
  window.runbookKeys = true;
  const OURS = "select, button, summary, a, input:not(:read-write), [tabindex]";
  const SUPPRESS = "data-lm-suppress-shortcuts";
  window.addEventListener("keydown", (event) => {
    const at = event.target;
    const ours = at instanceof Element && at.matches(OURS) && at.closest(".rb, .rb-form");
    const command = event.ctrlKey || event.altKey || event.metaKey;
    // Shift+Enter runs on, and Escape leaves, as everywhere in a notebook.
    const kept = event.key === "Escape" || (event.shiftKey && event.key === "Enter");
    if (!ours || command || kept) return;
    at.setAttribute(SUPPRESS, "true");
    setTimeout(() => at.removeAttribute(SUPPRESS));
  }, true);
  // What a cell waits for comes into view with the focus. The style animates it once it is drawn.
  window.addEventListener("animationstart", (event) => {
    if (event.animationName !== "rb-drawn") return;
    const at = event.target, refused = at.classList.contains(REFUSED);
    const field = at.querySelector("select, input, button") || at;
    // A refusal comes once; what waits comes again each time that its tab is opened.
    at.classList.remove(REFUSED);
    if (refused && (inView(at) || types(at))) return;
    if (refused) at.tabIndex = -1;
    field.focus({preventScroll: true});
    field.scrollIntoView({block: "center"});
  });
  // So does a refusal, or another error: *Run all* has left its cell for the last one. It comes while
  // the number of its cell is a star; what a saved notebook holds stays where it is.
  const REFUSED = "rb-refused";
  const REFUSALS = ".rb-verdict:is(.rb-warn, .rb-bad)";
  const ERRORS = "[data-mime-type='application/vnd.jupyter.stderr']";
  const inView = (one) => {
    const box = one.getBoundingClientRect();
    const page = one.closest(".jp-WindowedPanel-outer") || document.documentElement;
    const view = page.getBoundingClientRect();
    return box.top >= view.top && box.bottom <= view.bottom;
  };
  // Whoever types in another cell goes on typing.
  const types = (one) => {
    const at = document.activeElement;
    return at.matches("input, textarea, [contenteditable=true]") && !one.closest(".jp-Cell").contains(at);
  };
  const arrived = (node) => {
    if (!(node instanceof Element)) return;
    const what = `${REFUSALS}, ${ERRORS}`;
    if (!node.matches(what) && !node.querySelector(what)) return;
    const cell = node.closest(".jp-CodeCell");
    const number = cell && cell.querySelector(".jp-InputPrompt");
    if (!number || !number.textContent.includes("*")) return;
    const [refused] = [...cell.querySelectorAll(REFUSALS)].slice(-1);
    (refused || cell.querySelector(ERRORS)).classList.add(REFUSED);
  };
  new MutationObserver((changes) => changes.forEach((one) => one.addedNodes.forEach(arrived)))
    .observe(document.documentElement, {childList: true, subtree: true});
  // A result has a link to the first page of its own notebook: an address would be of all tabs.
  window.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a.rb-to-first");
    const panel = link && link.closest(".jp-NotebookPanel");
    if (!panel) return;
    event.preventDefault();
    event.stopPropagation();
    const first = panel.querySelector(".rb-first") || panel.querySelector(".jp-Cell");
    first.tabIndex = -1;
    first.focus({preventScroll: true});
    first.scrollIntoView({block: "start"});
  }, true);
})();
