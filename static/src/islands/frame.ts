import { all, find, recall, remember } from "../lib/dom";

const root = document.documentElement;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

export function setTheme(choice: string): void {
  remember("theme", choice);
  root.dataset["themeChoice"] = choice;
  applyTheme();
}

function applyTheme(): void {
  const choice = root.dataset["themeChoice"] ?? "system";
  const dark = choice === "dark" || (choice !== "light" && prefersDark.matches);
  root.dataset["theme"] = dark ? "dark" : "light";
  for (const button of all("[data-set-theme]")) button.setAttribute("aria-checked", String(button.dataset["setTheme"] === choice));
  document.dispatchEvent(new CustomEvent("mainstay:theme"));
}

function foldRail(): void {
  const folded = root.dataset["rail"] !== "folded";
  if (folded) root.dataset["rail"] = "folded";
  else delete root.dataset["rail"];
  remember("rail", folded ? "folded" : "open");
  markRail();
}

function markRail(): void {
  const folded = root.dataset["rail"] === "folded";
  const button = find("[data-fold-rail]");
  button?.setAttribute("aria-expanded", String(!folded));
  for (const link of all(".rail-link")) {
    const label = find(".rail-label", link)?.textContent?.trim() ?? "";
    if (folded) link.dataset["tip"] = label;
    else delete link.dataset["tip"];
  }
}

/** On a phone the tabs scroll sideways: the one that is open must be in sight. */
function showActiveTabs(): void {
  for (const tab of all(".tabs [aria-current], .segmented [aria-current]")) {
    const row = tab.parentElement;
    if (!row || row.scrollWidth <= row.clientWidth) continue;
    const hidden = tab.getBoundingClientRect().right - row.getBoundingClientRect().right;
    if (hidden > 0) row.scrollLeft += hidden + 24;
  }
}

/** Theme, rail and the other tabs of the same person: a choice made in one shows in all. */
export function watchFrame(): void {
  showActiveTabs();
  applyTheme();
  markRail();
  if (!/Mac|iPhone|iPad/.test(navigator.userAgent)) for (const key of all("[data-mod-key]")) key.textContent = "Ctrl";
  prefersDark.addEventListener("change", applyTheme);
  addEventListener("storage", (event) => {
    if (event.key !== "mainstay.theme") return;
    root.dataset["themeChoice"] = recall("theme") ?? "system";
    applyTheme();
  });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const choice = target?.closest<HTMLElement>("[data-set-theme]")?.dataset["setTheme"];
    if (choice) setTheme(choice);
    if (target?.closest("[data-fold-rail]")) foldRail();
  });
}
