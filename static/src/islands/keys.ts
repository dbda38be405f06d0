import { all, el, find, typing } from "../lib/dom";

interface KeyLine {
  keys: string[];
  label: string;
}

let waitingForPlace = 0;

function pageKeys(): KeyLine[] {
  const lines = all("[data-key]").map((node) => ({ keys: [node.dataset["key"] ?? ""], label: node.dataset["keyLabel"] ?? node.textContent?.trim() ?? "" }));
  const places = all(".rail [data-go]").map((node) => ({ keys: ["g", node.dataset["go"] ?? ""], label: find(".rail-label", node)?.textContent?.trim() ?? "" }));
  return [...lines, ...places];
}

/** Fills the key sheet with the keys of this page, then opens it. */
export function showKeys(): void {
  const dialog = document.getElementById("keys");
  const list = dialog && find("[data-page-keys]", dialog);
  if (!(dialog instanceof HTMLDialogElement) || !list) return;
  list.replaceChildren(...pageKeys().map((line) => el("div", {}, el("b", {}, line.label), el("span", {}, ...line.keys.map((key) => el("kbd", { class: "kbd" }, key.toUpperCase()))))));
  for (const label of all("b", list)) label.className = "font-normal";
  dialog.showModal();
}

function onKey(event: KeyboardEvent): void {
  if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || find("dialog[open]")) return;
  if (Date.now() - waitingForPlace < 1200) {
    waitingForPlace = 0;
    const place = find<HTMLAnchorElement>(`.rail [data-go="${CSS.escape(event.key)}"]`);
    if (place) location.assign(place.href);
    return;
  }
  if (event.key === "g") waitingForPlace = Date.now();
  else if (event.key === "?") showKeys();
  else if (event.key === "/") focusSearch(event);
  else press(event);
}

function focusSearch(event: KeyboardEvent): void {
  const search = find<HTMLInputElement>("[data-search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
}

function press(event: KeyboardEvent): void {
  const control = find(`[data-key="${CSS.escape(event.key)}"]`);
  if (!control) return;
  event.preventDefault();
  control.click();
}

export function watchKeys(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-show-keys]")) showKeys();
  });
}
