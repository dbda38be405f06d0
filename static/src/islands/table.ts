import { all, recall, remember } from "../lib/dom";

/** Which columns are shown is the reader's choice and is remembered; sorting is the server's. */
export class Table extends HTMLElement {
  connectedCallback(): void {
    const stored = recall(this.#key());
    const hidden = new Set(stored === null ? this.#boxes().filter((box) => !box.checked).map((box) => box.value) : stored.split(" "));
    for (const box of this.#boxes()) box.checked = !hidden.has(box.value);
    this.#apply();
    this.addEventListener("change", (event) => {
      if (!(event.target as Element).matches("[data-column-choice]")) return;
      remember(this.#key(), this.#boxes().filter((box) => !box.checked).map((box) => box.value).join(" "));
      this.#apply();
    });
    this.addEventListener("keydown", this.#move);
  }

  #key(): string {
    return `columns.${this.id || location.pathname}`;
  }

  #boxes(): HTMLInputElement[] {
    return all<HTMLInputElement>("[data-column-choice]", this);
  }

  #apply(): void {
    for (const box of this.#boxes()) {
      for (const cell of all(`[data-column="${CSS.escape(box.value)}"]`, this)) cell.hidden = !box.checked;
    }
  }

  #move = (event: KeyboardEvent): void => {
    const links = all(".row-link", this);
    const at = links.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    links[at + step]?.focus();
  };
}

customElements.define("ms-table", Table);
