// The table of many photos: which rows are shown, and that order, choice and focus outlive the rows that are still coming.
// "element" is the table's component, "watch" calls back once its value has changed; the filters stand in another one,
// which is not drawn anew. Headings sort as in every table of the page (tabs/scripts/widgets.js).
const place = element.closest(".tabitem") ?? document;
const VIEWS = {
  all: () => true,
  review: (marks) => marks.length > 0,
  disagree: (marks) => marks.includes("disagree"),
  unread: (marks) => marks.includes("unread"),
};
let order = null; // column and way in which a visitor has sorted
let focused = -1; // column whose heading has the focus

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// what is searched: the file's name and the models' answers, not percentages and reasons
const searched = (row) => [...row.querySelectorAll("th, td.vt-said")].map((cell) => cell.dataset.value).join("\n");

const choose = () => {
  const view = place.querySelector("[data-batch-view]")?.value ?? "all";
  const wanted = plain(place.querySelector("[data-batch-contains]")?.value.trim() ?? "");
  const rows = [...element.querySelectorAll("tbody tr")];
  for (const row of rows) {
    const marks = row.dataset.marks.split(" ").filter(Boolean);
    row.hidden = !(VIEWS[view](marks) && plain(searched(row)).includes(wanted));
  }
  const left = rows.filter((row) => !row.hidden).length;
  const count = place.querySelector("[data-batch-count]");
  if (count) count.textContent = rows.length ? `${left} / ${rows.length}` : "";
  const nothing = place.querySelector("[data-batch-no-match]");
  if (nothing) nothing.hidden = !rows.length || left > 0;
};

const headings = () => [...element.querySelectorAll("thead th")];

element.addEventListener("click", (event) => {
  const heading = event.target.closest("[data-sort]")?.closest("th");
  // the page sorts after this: it listens further out
  if (heading) setTimeout(() => { order = [heading.cellIndex, heading.getAttribute("aria-sort")]; });
});
element.addEventListener("focusin", (event) => { focused = event.target.closest("thead th")?.cellIndex ?? -1; });
element.addEventListener("focusout", (event) => { if (event.target.isConnected) focused = -1; });
place.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-batch-view], [data-batch-contains]")) choose();
});
watch("value", () => {
  const column = focused;
  if (order) {
    const [place, way] = order;
    const heading = headings()[place];
    for (let turn = 0; heading && turn < 2 && heading.getAttribute("aria-sort") !== way; turn++) {
      heading.querySelector("[data-sort]").click();
    }
  }
  if (column >= 0) headings()[column]?.querySelector("[data-sort]").focus();
  choose();
});
