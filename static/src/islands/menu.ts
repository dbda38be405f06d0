import { all, find } from "../lib/dom";
import { place } from "../lib/float";

/** A button and the popover it opens: menus, definitions, the range picker, the organization switcher. */
export class Menu extends HTMLElement {
  #button: HTMLButtonElement | null = null;
  #panel: HTMLElement | null = null;

  connectedCallback(): void {
    this.#button = find<HTMLButtonElement>(":scope > button", this);
    this.#panel = find(":scope > [popover]", this);
    if (!this.#button || !this.#panel) return;
    this.#button.popoverTargetElement = this.#panel;
    this.#panel.addEventListener("toggle", this.#toggled);
    this.#panel.addEventListener("keydown", this.#keys);
    this.#panel.addEventListener("click", (event) => {
      if ((event.target as Element).closest(".menu-item")) this.#panel?.hidePopover();
    });
    find<HTMLInputElement>("[data-menu-filter]", this)?.addEventListener("input", this.#filter);
  }

  #toggled = (event: Event): void => {
    const open = (event as ToggleEvent).newState === "open";
    this.#button?.setAttribute("aria-expanded", String(open));
    if (!open || !this.#panel || !this.#button) return;
    const sheet = this.#panel.classList.contains("pop-sheet") && innerWidth < 768;
    if (!sheet) place(this.#button, this.#panel, this.dataset["align"] === "end" ? "end" : "start");
    const first = find("[data-menu-filter]", this.#panel) ?? (this.#panel.matches("[role=menu]") ? this.#items()[0] : null);
    first?.focus({ preventScroll: true });
  };

  #items(): HTMLElement[] {
    return all(".menu-item", this.#panel ?? this).filter((item) => !item.hidden && item.offsetParent !== null);
  }

  #keys = (event: KeyboardEvent): void => {
    const items = this.#items();
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || !items.length) return;
    if ((event.key === "Home" || event.key === "End") && at < 0) return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  };

  #filter = (event: Event): void => {
    const wanted = (event.target as HTMLInputElement).value.trim().toLocaleLowerCase();
    for (const item of all(".menu-item[data-filterable]", this)) {
      item.hidden = !(item.textContent ?? "").toLocaleLowerCase().includes(wanted);
    }
  };
}

customElements.define("ms-menu", Menu);
