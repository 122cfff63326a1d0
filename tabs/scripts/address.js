// What the address names, and how it follows what is shown.

// a link to what is shown: tabs/links.py calls this with the parts that changed; what opens by itself, before the
// visitor has done anything, leaves the address as it came
let acted = false;
for (const action of ["pointerdown", "keydown"]) {
  addEventListener(action, () => { acted = true; }, { capture: true, once: true });
}
window.vitrineLink = (parts) => {
  if (!acted) return;
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(parts)) {
    if (value === null || value === "") query.delete(name); else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : "") + location.hash);
};
// what the address asks for: which of some tabs, as an update of theirs, or whether it names anything for the server
const query = (name) => new URLSearchParams(location.search).get(name) ?? "";
window.vitrineSelected = (name, known) => {
  const wanted = query(name);
  return known.includes(wanted) ? { __type__: "update", selected: wanted } : undefined;
};
window.vitrineFollowed = (names) => (names.some(query) ? location.search : undefined);
// the address follows the tabs that stand open, by the ids that tabs/links.py gives them
const standing = {};
const followTabs = () => {
  for (const panel of document.querySelectorAll("[role=tabpanel][id^=link-]")) {
    if (panel.style.display === "none") continue;
    const [, name, value] = panel.id.match(/^link-(\w+)-(.*)$/);
    if (name in standing && standing[name] !== value) vitrineLink({ [name]: value });
    standing[name] = value;
  }
};

// a link to a client: the client that the page begins with does not flash up before, but where there is no such client
const followed = query("client").replace(/^[\s0]+|\s/g, "");
const arrived = () => root.classList.remove("vt-following");
if (followed) {
  root.classList.add("vt-following");
  setTimeout(arrived, 20000); // a busy machine, or one that is gone
}

// Gradio takes the page's own leaving for a lost connection, and says so while the next page comes
addEventListener("beforeunload", () => {
  root.classList.add("vt-leaving");
  setTimeout(() => root.classList.remove("vt-leaving"), 5000); // a download leaves nothing
});
