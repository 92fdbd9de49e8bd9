// Keys, links to copy, pages to print, charts as pictures: what pages do where scripts run.

const KEYS = "keys" in document.body.dataset;
const TYPING = "input, textarea, select, [contenteditable]";
const rows = () => [...document.querySelectorAll("main table.list td.name a[href]")]
  .filter((link) => link.checkVisibility?.() ?? true);

// From the row in focus to the next one or the one before; the first where none is.
const step = (by) => {
  const links = rows();
  const next = links[links.indexOf(document.activeElement) + (links.includes(document.activeElement) ? by : 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
};
const open = (name) => {
  const details = document.querySelector(name);
  if (details) details.open = true;
  return details;
};
const ACTIONS = {
  "/": () => document.getElementById("search")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  e: () => open(".tools .menu").querySelector("a, button:not([hidden])")?.focus(),
  "?": () => open(".meanings")?.querySelector("summary").focus(),
};
if (KEYS) addEventListener("keydown", (event) => {
  const action = ACTIONS[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.(TYPING)) return;
  event.preventDefault();
  action();
});

// Esc closes the menu of files, as does a click elsewhere.
const menu = document.querySelector(".tools .menu");
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

const copy = document.getElementById("copy");
if (copy && navigator.clipboard) {  // browsers have it over HTTPS and on this machine
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    document.getElementById("copied").textContent = copy.dataset.said;
  });
}
for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.nextElementSibling.textContent = button.dataset.said;
  });
}
const print = document.getElementById("print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => {
    menu.open = false;
    window.print();
  });
}

// A chart is drawn once more, on a canvas of its own with the page's ground.
const SIZE = { width: 1200, height: 600 };
const paint = (key) => {
  const shown = echarts.getInstanceByDom(document.querySelector(`[data-chart="${CSS.escape(key)}"]`));
  if (!shown) return;
  const canvas = document.createElement("div");
  const drawn = echarts.init(canvas, null, { renderer: "canvas", ...SIZE });
  drawn.setOption({ ...shown.getOption(), animation: false });
  const backgroundColor = getComputedStyle(document.documentElement).getPropertyValue("--paper");
  const link = document.createElement("a");
  link.href = drawn.getDataURL({ type: "png", pixelRatio: 2, backgroundColor });
  link.download = `${key}.png`;
  link.click();
  drawn.dispose();
};
for (const button of document.querySelectorAll("[data-picture]")) {
  button.hidden = typeof echarts === "undefined";
  button.addEventListener("click", () => paint(button.dataset.picture));
}
