// What Gradio's widgets and our tables do by keyboard and pointer.

// the search for a client is folded away until it is asked for; tabs/credit/finder.py folds it once one is chosen
window.vitrineSearch = (open) => {
  const opener = document.querySelector("[data-search]");
  root.classList.toggle("vt-searching", open);
  opener?.setAttribute("aria-expanded", open);
  // the focus goes back to what opened it: in what is hidden it would be lost
  const { activeElement: focused, body } = document;
  if (!open && (focused === body || !focused.checkVisibility())) opener?.focus({ preventScroll: true });
};
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-search]")) vitrineSearch(!root.classList.contains("vt-searching"));
});

// an open list is reached by the arrows of its field: as a stop of its own it would take the focus, and close
document.addEventListener("keydown", (event) => {
  if (event.key === "Tab") document.querySelectorAll("ul[role=listbox]").forEach((list) => { list.tabIndex = -1; });
}, true);

// Gradio lets go of the focus once Enter has chosen from a list; whoever types goes on from where they were, and the
// list, which opens with the focus, stays closed
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || field.getAttribute("role") !== "combobox") return;
  setTimeout(() => {
    if (document.activeElement !== document.body || !field.checkVisibility()) return;
    field.focus({ preventScroll: true });
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  });
}, true);

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
