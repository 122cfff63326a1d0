// After each change of the page: names for who does not see it, words in its language, and what does not belong together.

// a name for who does not see; written only where it changes, for a change of names is followed
const name = (element, text) => {
  if (element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
  if (element.title && element.title !== text) element.title = text;
};

// a number that Gradio writes as programs do; the node stays, for Gradio writes it anew where it changes
const number = (node) => {
  if (!/^-?\d+(\.\d+)?$/.test(node?.data ?? "")) return;
  const written = Number(node.data).toLocaleString(root.lang, { maximumFractionDigits: 6 });
  if (written !== node.data) node.data = written;
};

// the size of a file, as programs write it
const size = (node) => {
  const [, amount, unit] = node.data?.match(/^(\d+(?:\.\d+)?)\s(B|KB|MB)$/) ?? [];
  if (unit) node.data = `${Number(amount).toLocaleString(root.lang)}\u00a0${words.labels[unit]}`;
};

// a sub-tab is about the client of the verdict above, or it is not shown: answers come one after the other
const hideOthers = () => {
  const verdict = document.querySelector(".vt-verdict");
  const client = root.classList.contains("vt-following") ? followed : verdict?.dataset.client;
  const others = new Set();
  for (const of of document.querySelectorAll(".vt-of [data-client]")) {
    const panel = of.closest("[role=tabpanel]");
    if (client && of.dataset.client !== client && !panel.contains(verdict)) others.add(panel);
  }
  for (const panel of document.querySelectorAll("[role=tabpanel]")) {
    panel.toggleAttribute("data-of-another", others.has(panel));
  }
};

// what Gradio names in English only, or not at all
const complete = () => {
  for (const chart of document.querySelectorAll(".js-plotly-plot")) {
    if (!chart.vitrine && chart.on) {
      chart.vitrine = true;
      chart.on("plotly_afterplot", () => { describe(chart); shorten(chart); });
      chart.on("plotly_click", (event) => open(chart, event.points[0]?.customdata?.[2]));
      chart.on("plotly_clickannotation", (event) => open(chart, event.annotation.name));
      shorten(chart);
    }
    describe(chart);
  }
  for (const element of document.querySelectorAll("[aria-label]")) {
    const label = element.getAttribute("aria-label");
    const [, kind, of] = label.match(/^(number input|range slider) for (.*)$/s) || [];
    if (kind) name(element, `${of} (${words.labels[kind]})`);
    else if (words.labels[label]) name(element, words.labels[label]);
  }
  for (const { nextSibling: text } of document.querySelectorAll("button .or")) {
    const own = words.labels[text?.data?.trim()];
    if (own) text.data = own;
  }
  for (const end of document.querySelectorAll(".min_value, .max_value")) number(end.firstChild);
  for (const file of document.querySelectorAll(".file-preview .download-link")) file.childNodes.forEach(size);
  for (const said of document.querySelectorAll(".toast-title, [data-testid=toast-text]")) {
    const own = words.labels[said.textContent.trim()];
    if (own) said.textContent = own;
  }
  for (const empty of document.querySelectorAll(".empty[aria-label]:not([role])")) empty.setAttribute("role", "img");
  for (const line of document.querySelectorAll("#overlay .outer:not([role='slider'])")) divide(line);
  // wide code and formulas scroll, by keyboard too
  for (const wide of document.querySelectorAll(".cm-scroller, .katex-display, .prose pre")) {
    if (wide.tabIndex < 0) wide.tabIndex = 0;
  }
  for (const thumbnail of document.querySelectorAll("button.thumbnail-item")) {
    const picture = thumbnail.querySelector("img");
    if (picture?.alt) name(thumbnail, picture.alt);
  }
  for (const text of document.querySelectorAll("[data-alt-for]")) {
    for (const picture of document.querySelectorAll(`#${text.dataset.altFor} img`)) {
      const alt = text.textContent.trim();
      if (picture.alt !== alt) picture.alt = alt;
    }
  }
  followTabs();
  const refused = document.querySelector(".toast-body");
  if (followed && (refused || document.querySelector(".vt-verdict")?.dataset.client === followed)) arrived();
  hideOthers();
  paint();
};
let due = false;
const soon = () => {
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; complete(); });
};
const begin = () => {
  soon();
  // Gradio renames a slider that stands already by its label alone
  new MutationObserver(soon).observe(document.body, { attributeFilter: ["aria-label"], childList: true, subtree: true });
  new MutationObserver((changes) => {
    if (changes.some(({ target }) => target.role === "tabpanel")) followTabs();
  }).observe(document.body, { attributeFilter: ["style"], subtree: true });
};
if (document.body) begin(); else document.addEventListener("DOMContentLoaded", begin);
