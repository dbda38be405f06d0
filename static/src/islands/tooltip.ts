import { el } from "../lib/dom";
import { place } from "../lib/float";

const DELAY = 350;
let bubble: HTMLElement | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let shownFor: Element | null = null;

function show(anchor: HTMLElement): void {
  const text = anchor.dataset["tip"];
  if (!text || anchor.getAttribute("aria-expanded") === "true") return;
  bubble ??= document.body.appendChild(el("div", { class: "tooltip", popover: "manual", role: "tooltip", id: "tooltip" }));
  bubble.textContent = text;
  bubble.showPopover();
  place(anchor, bubble, "center");
  shownFor = anchor;
  if (anchor.getAttribute("aria-label") !== text) anchor.setAttribute("aria-describedby", "tooltip");
}

function hide(): void {
  clearTimeout(timer);
  if (!shownFor) return;
  shownFor.removeAttribute("aria-describedby");
  shownFor = null;
  bubble?.hidePopover();
}

function anchorOf(event: Event): HTMLElement | null {
  return event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;
}

export function watchTooltips(): void {
  document.addEventListener("pointerover", (event) => {
    const anchor = anchorOf(event);
    if (!anchor || event.pointerType === "touch" || anchor === shownFor) return;
    hide();
    timer = setTimeout(() => show(anchor), DELAY);
  });
  document.addEventListener("pointerout", (event) => anchorOf(event) && hide());
  document.addEventListener("pointerdown", hide);
  document.addEventListener("focusin", (event) => {
    const anchor = anchorOf(event);
    if (anchor?.matches(":focus-visible")) show(anchor);
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
