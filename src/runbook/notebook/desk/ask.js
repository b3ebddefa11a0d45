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

  if (!button.dataset.opens) return;
  // The page was just opened. Its own kernel has to be there, connected and idle, twice in a row.
  // The server is asked: in a narrow window the toolbar shows neither kernel nor state.
  const {baseUrl} = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const until = Date.now() + 120000;
  const isReady = session => session.path.endsWith(button.dataset.opens) && session.kernel
    && session.kernel.connections > 0 && session.kernel.execution_state === "idle";
  let idle = 0;
  const look = async () => {
    const answer = await fetch(`${baseUrl}api/sessions`).catch(() => null);
    const sessions = answer && answer.ok ? await answer.json() : [];
    idle = panelOf() && sessions.some(isReady) ? idle + 1 : 0;
    if (idle > 1) button.click();
    else if (Date.now() < until) setTimeout(look, 300);
  };
  look();
})();
