// What Plotly leaves unsaid, and what it does on a phone.

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
