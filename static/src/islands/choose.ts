import { all, find, locale, word } from "../lib/dom";

/**
 * Rows that are ticked: how many they are is said, all can be ticked at once, and what works on the chosen is off while
 * there are none. Shift ticks everything between two boxes. Without this the boxes and buttons work as in any form.
 */
export class Choose extends HTMLElement {
  #last: HTMLInputElement | null = null;

  connectedCallback(): void {
    this.addEventListener("change", this.#changed);
    this.addEventListener("click", this.#between);
    this.#tell();
  }

  #boxes(): HTMLInputElement[] {
    return all<HTMLInputElement>("[data-choose]", this);
  }

  #changed = (event: Event): void => {
    const box = event.target as HTMLInputElement;
    if (box.matches("[data-choose-all]")) for (const one of this.#boxes()) one.checked = box.checked;
    if (box.matches("[data-choose], [data-choose-all]")) this.#tell();
  };

  #between = (event: MouseEvent): void => {
    const box = event.target as HTMLInputElement;
    if (!box.matches("[data-choose]")) return;
    const boxes = this.#boxes();
    const [from, to] = [this.#last ? boxes.indexOf(this.#last) : -1, boxes.indexOf(box)];
    if (event.shiftKey && from >= 0) for (const one of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
    this.#last = box;
    this.#tell();
  };

  #tell(): void {
    const boxes = this.#boxes();
    const number = boxes.filter((box) => box.checked).length;
    const every = find<HTMLInputElement>("[data-choose-all]", this);
    if (every) {
      every.checked = number > 0 && number === boxes.length;
      every.indeterminate = number > 0 && number < boxes.length;
    }
    for (const button of all<HTMLButtonElement>("[data-choose-needs]", this)) button.disabled = number === 0;
    const said = find("[data-choose-count]", this);
    const form = number === 0 ? "none" : new Intl.PluralRules(locale()).select(number) === "one" ? "one" : "other";
    if (said) said.textContent = word(this, form).replace("{n}", number.toLocaleString(locale()));
  }
}

customElements.define("ms-choose", Choose);
