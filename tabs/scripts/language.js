// The page's language, and its switch.

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
  const code = event.target.closest?.("[data-language]")?.dataset.language;
  if (!code) return;
  event.preventDefault();
  remember("language", code);
  handOver();
  location.assign(`${base}/${code === first ? "" : code}${location.search}`);
});
