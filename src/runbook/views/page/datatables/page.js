// Long tables of the page become sortable and searchable, those too that appear later.
(() => {
  "use strict";
  if (window.runbookTables) return;
  window.runbookTables = true;
  const LONG = ".rb table.rb-long:not(.dataTable)";
  const OPTIONS = {
    paging: false,
    autoWidth: false,
    order: [],
    layout: { topStart: "search", topEnd: "info", bottomStart: null, bottomEnd: null },
    language: {
      search: "Search",
      info: "_TOTAL_ of _MAX_ rows shown",
      infoEmpty: "no row matches",
      infoFiltered: "",
      zeroRecords: "no row matches",
    },
  };

  // One field a column, in a header row of its own, which DataTables does not take for names.
  const filters = (api) => {
    const row = document.createElement("tr");
    row.className = "rb-filters";
    api.columns().every(function () {
      const field = document.createElement("input");
      const name = this.title() || this.header().getAttribute("aria-label") || "column";
      field.type = "search";
      field.placeholder = "filter";
      // By the keyboard the search field is enough: forty filters would be forty Tab stops.
      field.tabIndex = -1;
      field.setAttribute("aria-label", `only rows whose ${name} holds`);
      field.addEventListener("input", () => this.search(field.value).draw());
      row.appendChild(document.createElement("td")).appendChild(field);
    });
    api.table().header().appendChild(row);
  };

  // The tools stay in view while the rows scroll; the caption is read with the table, and seen here.
  const tools = (table, container) => {
    const row = container.querySelector(".dt-layout-row");
    const scrolled = container.closest(".rb-scroll");
    const head = document.createElement("b");
    head.textContent = table.caption ? table.caption.textContent : "";
    head.setAttribute("aria-hidden", "true");
    row.classList.add("rb-tools");
    row.prepend(head);
    if (table.caption) table.caption.classList.add("rb-heard");
    if (scrolled) scrolled.before(row);
  };

  const enhance = (table) => {
    const api = new window.DataTable(table, OPTIONS);
    filters(api);
    tools(table, api.table().container());
  };
  // In a field of a form, Shift+Enter runs the cell below as it does in a cell, and Esc leaves.
  const keys = (event) => {
    const field = event.target;
    const form = field.closest && field.closest(".rb-form");
    const cell = form && form.closest(".jp-Cell");
    const runs = event.key === "Enter" && event.shiftKey;
    if (!cell || !(runs || event.key === "Escape") || !field.matches("input,select,textarea")) return;
    // A form that its cell waits for has a button of its own for that.
    if (runs && form.querySelector(".rb-continue")) return;
    event.preventDefault();
    event.stopPropagation();
    field.blur();
    cell.closest(".jp-Notebook").focus();
    if (!runs) return;
    const run = { key: "Enter", code: "Enter", keyCode: 13, shiftKey: true, bubbles: true, cancelable: true };
    const below = cell.nextElementSibling;
    const next = below && below.classList.contains("jp-CodeCell") ? below : cell;
    next.querySelector(".jp-InputPrompt").dispatchEvent(new MouseEvent("mousedown", { bubbles: true, button: 0 }));
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", run));
  };
  document.addEventListener("keydown", keys, true);
  // On paper nobody can open what is folded.
  const folded = [];
  window.addEventListener("beforeprint", () => {
    folded.push(...document.querySelectorAll(".rb details:not([open])"));
    folded.forEach((one) => (one.open = true));
  });
  window.addEventListener("afterprint", () => folded.splice(0).forEach((one) => (one.open = false)));
  let waiting = false;
  const look = () => {
    waiting = false;
    document.querySelectorAll(LONG).forEach(enhance);
  };
  const soon = () => {
    if (!waiting) requestAnimationFrame(look);
    waiting = true;
  };
  const begin = () => {
    look();
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  };
  // A table that is still being read is half a table to the library, and stays so.
  if (document.readyState !== "loading") begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
