// What the page does by itself: language, light or dark, and what Gradio's widgets leave unsaid to those who listen.
// tabs/document.py puts WORDS before it: {en: {...}, fr: {...}}, from data/texts/page.yaml.
(() => {
  const root = document.documentElement;
  // the first language stands at the app's address, every other one at its code below it: /x and /x/fr
  const languages = Object.keys(WORDS);
  const [first] = languages;
  const path = location.pathname.replace(/\/$/, "");
  const language = languages.slice(1).find((code) => path.endsWith(`/${code}`)) ?? first;
  const base = language === first ? path : path.slice(0, -language.length - 1);
  const words = WORDS[language];

  const remembered = (key, place = "localStorage") => {
    try { return window[place].getItem(`vitrine.${key}`); } catch { return null; }
  };
  const remember = (key, value, place = "localStorage") => {
    try { window[place].setItem(`vitrine.${key}`, value); } catch { /* a private window keeps nothing */ }
  };

  // language: the switch, else the browser's
  const spoken = languages.find((code) => (navigator.language || "").toLowerCase().startsWith(code));
  const wanted = [remembered("language"), spoken].find((code) => languages.includes(code)) ?? first;
  if (language === first && wanted !== first) {
    location.replace(`${base}/${wanted}${location.search}${location.hash}`);
  }
  // below a prefix (/x), Gradio's files are looked for beside the page: at /x/, not at /
  if (language === first && !location.pathname.endsWith("/")) {
    history.replaceState(history.state, "", `${location.pathname}/${location.search}${location.hash}`);
  }
  // Gradio writes its own widgets in the navigator's language; they follow the page instead
  Object.defineProperty(navigator, "language", { get: () => language });
  Object.defineProperty(navigator, "languages", { get: () => [language] });
  const title = () => { if (document.title !== words.title) document.title = words.title; };
  title();
  new MutationObserver(title).observe(document.head, { childList: true, subtree: true, characterData: true });

  // light or dark: the switch, else what the page around us asks for, else the system
  const system = matchMedia("(prefers-color-scheme: dark)");
  const around = new URLSearchParams(location.search).get("__theme");
  const dark = () => {
    const asked = [remembered("theme"), around].find((theme) => theme === "dark" || theme === "light");
    return asked ? asked === "dark" : system.matches;
  };
  const paint = () => {
    document.body.classList.toggle("dark", dark());
    document.querySelectorAll("[data-theme-switch]").forEach((button) => button.setAttribute("aria-pressed", dark()));
  };
  system.addEventListener("change", paint);

  // the search for a client is folded away until it is asked for; tabs/credit/finder.py folds it once one is chosen
  window.vitrineSearch = (open) => {
    root.classList.toggle("vt-searching", open);
    document.querySelectorAll("[data-search]").forEach((button) => button.setAttribute("aria-expanded", open));
  };

  // the photo at hand goes along to the page in the other language, as the address of its upload: in the memory of this
  // tab, for a link would hand it to others
  const handed = remembered("photo", "sessionStorage");
  remember("photo", "", "sessionStorage");
  window.vitrineHanded = () => handed || undefined;
  const handOver = () => {
    const widget = document.getElementById("photo"); // none where its tab was not opened here
    remember("photo", (widget ? widget.querySelector("img")?.src : handed) ?? "", "sessionStorage");
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-language], [data-theme-switch], [data-search]");
    if (!target) return;
    if ("search" in target.dataset) return vitrineSearch(!root.classList.contains("vt-searching"));
    if (target.dataset.language) {
      event.preventDefault();
      remember("language", target.dataset.language);
      const code = target.dataset.language;
      handOver();
      location.assign(`${base}/${code === first ? "" : code}${location.search}`);
    } else {
      remember("theme", dark() ? "light" : "dark");
      paint();
    }
  });

  // Where the system does not know a kind of picture, the browser leaves its file without a type, and Gradio refuses
  // what has none: the name says it then. The server reads the content, whatever the name.
  const PICTURES = { heic: "image/heic", heif: "image/heif", avif: "image/avif", webp: "image/webp" };
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.accept?.includes("image") || [...input.files].every((file) => file.type)) return;
    const typed = new DataTransfer();
    for (const file of input.files) {
      const type = file.type || PICTURES[file.name.toLowerCase().split(".").pop()] || "";
      typed.items.add(new File([file], file.name, { type }));
    }
    input.files = typed.files;
  }, true);

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
  const followed = new URLSearchParams(location.search).get("client")?.replace(/^[\s0]+|\s/g, "");
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

  // charts: a role, a name, and the numbers as a table; models/display/common/chart.py sends them in layout.meta
  const describe = (chart) => {
    const meta = chart.layout?.meta;
    if (!meta?.label) return;
    chart.setAttribute("role", "img");
    name(chart, meta.label);
    const block = chart.closest(".vt-plot");
    if (!block || !meta.table) return;
    let data = block.querySelector(":scope > details.vt-data");
    if (!data) {
      data = document.createElement("details");
      data.className = "vt-data";
      data.append(document.createElement("summary"), document.createElement("div"));
      block.append(data);
    }
    if (data.table === meta.table) return;
    data.table = meta.table;
    data.firstChild.textContent = words.data;
    data.lastChild.innerHTML = meta.table; // made by our own templates, which escape every value
  };

  // a click on a bar chooses its group in the widget that layout.meta names, as the keyboard does there; a fact's closes it
  const open = (chart, group) => {
    const opener = chart.layout?.meta?.opener;
    if (opener && group !== undefined) document.querySelector(`#${opener} input[value="${group}"]`)?.click();
  };

  // on a phone a long name above a bar ends in an ellipsis; whole, it stands in the hover text and the table
  const shorten = (chart) => {
    const edge = chart.getBoundingClientRect().right;
    for (const text of chart.querySelectorAll(".annotation-text")) {
      const tail = text.lastChild;
      while (tail?.nodeType === Node.TEXT_NODE && tail.data.length > 8 && text.getBoundingClientRect().right > edge) {
        tail.data = `${tail.data.replace(/\s*\S\u2026?$/u, "")}\u2026`;
      }
    }
  };

  // the line between photo and map: Gradio's follows the pointer alone, so the keys do what a pointer would
  const STEPS = { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, Home: -1, End: 1 };
  const divide = (line) => {
    line.tabIndex = 0;
    const marks = { "role": "slider", "aria-label": words.divider, "aria-valuemin": 0, "aria-valuemax": 100 };
    for (const [mark, value] of Object.entries(marks)) line.setAttribute(mark, value);
    const share = () => {
      const [own, area] = [line.getBoundingClientRect(), line.parentElement.getBoundingClientRect()];
      return (own.left + own.width / 2 - area.left) / area.width;
    };
    const tell = () => line.setAttribute("aria-valuenow", Math.round(100 * share()));
    tell();
    line.addEventListener("pointerup", () => requestAnimationFrame(tell));
    line.addEventListener("keydown", (event) => {
      if (!(event.key in STEPS)) return;
      event.preventDefault();
      const area = line.parentElement.getBoundingClientRect();
      const wanted = Math.min(1, Math.max(0, share() + STEPS[event.key]));
      const clientX = area.left + wanted * area.width;
      const at = { bubbles: true, cancelable: true, view: window, clientX, clientY: area.top + area.height / 2 };
      line.dispatchEvent(new MouseEvent("mousedown", at));
      window.dispatchEvent(new MouseEvent("mouseup", at));
      requestAnimationFrame(tell);
    });
  };

  // the heading of a column sorts the rows by what their cells stand for; once more, the other way round
  document.addEventListener("click", (event) => {
    const heading = event.target.closest?.("[data-sort]")?.parentElement;
    if (!heading) return;
    const body = heading.closest("table").tBodies[0];
    const way = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    const value = (row) => row.cells[heading.cellIndex].dataset.value;
    const compare = (first, second) => {
      const [one, other] = [value(first), value(second)];
      if (!one || !other) return !one - !other; // rows without a figure stay last
      const order = one.localeCompare(other, language, { numeric: true });
      const difference = isNaN(one) || isNaN(other) ? order : one - other;
      return way === "ascending" ? difference : -difference;
    };
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", way);
    body.append(...[...body.rows].sort(compare));
  });

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
})();
