// Light or dark: the switch, else what the page around us asks for, else the system
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

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-theme-switch]")) return;
  remember("theme", dark() ? "light" : "dark");
  paint();
});
