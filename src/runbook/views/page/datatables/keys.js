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
    const field = event.target.querySelector("select, input, button") || event.target;
    field.focus({preventScroll: true});
    field.scrollIntoView({block: "center"});
  });
})();
