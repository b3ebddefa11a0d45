// The button that runs the page. Run all goes to the last cell; the inventory is to stay in view.
(() => {
  const button = document.currentScript.parentNode.querySelector("button");
  const panelOf = () => button.closest(".jp-NotebookPanel");
  const PERSON = ["wheel", "pointerdown", "keydown"];

  button.addEventListener("click", () => {
    const panel = panelOf(), view = panel && panel.querySelector(".jp-WindowedPanel-outer");
    if (!view) return;
    button.setAttribute(
      "data-commandlinker-args", JSON.stringify({semanticWidget: panel.id, activate: false})
    );
    const at = view.scrollTop, hold = setInterval(() => { view.scrollTop = at; }, 50);
    const leave = () => {
      clearInterval(hold);
      PERSON.forEach(name => view.removeEventListener(name, leave));
    };
    PERSON.forEach(name => view.addEventListener(name, leave));
    setTimeout(leave, 20000);
  });

  const {path, asked} = button.dataset;
  if (!path) return;
  const {baseUrl} = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const get = async (what) => {
    const answer = await fetch(`${baseUrl}api/${what}`).catch(() => null);
    return answer && answer.ok ? answer.json() : null;
  };
  // The server is asked: in a narrow window the toolbar shows neither kernel nor state.
  const isReady = session => session.path.endsWith(path) && session.kernel
    && session.kernel.connections > 0 && session.kernel.execution_state === "idle";
  const ready = async () => (await get("sessions") || []).some(isReady);

  // The page was just opened. Its own kernel has to be there, connected and idle, twice in a row.
  const open = (until, idle) => async () => {
    const now = panelOf() && await ready() ? idle + 1 : 0;
    if (now > 1) button.click();
    else if (Date.now() < until) setTimeout(open(until, now), 300);
  };

  // While the page is in view, the names and times of the files in params/ and of the hosts' folders in
  // outputs/ are read now and then. If one has changed, the hosts are asked again.
  const EVERY_MS = 4000, FOLDERS = ["params", "outputs"];
  const list = async (folder) => {
    const found = await get(`contents/${folder}?type=directory`);
    // Of a server that does not answer nothing is known.
    if (!found) return null;
    const shown = found.content.filter(one => !/^[._]/.test(one.name));
    return shown.map(one => `${one.name} ${one.last_modified}`).sort().join("\n");
  };
  const namesIn = (listed) => listed.split("\n").map(line => line.split(" ")[0])
    .filter(name => name.endsWith(".yaml")).sort().join();
  const searches = (panel) => [...panel.querySelectorAll("input[type=search]")].some(one => one.value);
  const look = async (known) => {
    if (!button.isConnected) return;
    const panel = panelOf(), first = known.params === undefined;
    const seen = panel && panel.offsetParent && !document.hidden && !searches(panel);
    if (first || seen) {
      const now = Object.fromEntries(
        await Promise.all(FOLDERS.map(async one => [one, await list(one) ?? known[one]]))
      );
      // What the page shows may be older than what was read first. The same is not asked twice.
      const other = now.params && namesIn(now.params) !== asked && window.runbookAsked !== now.params;
      const changed = other || FOLDERS.some(one => known[one] !== undefined && now[one] !== known[one]);
      if (changed && seen && await ready()) {
        window.runbookAsked = now.params;
        button.click();
        return;
      }
      if (first || !changed) known = now;
    }
    setTimeout(() => look(known), EVERY_MS);
  };

  if (asked === undefined) open(Date.now() + 120000, 0)();
  else look({});
})();
