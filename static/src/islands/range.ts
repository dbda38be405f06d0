import { find } from "../lib/dom";

/** The picker's own dates: an end before its start moves the other of the two. */
export class Range extends HTMLElement {
  connectedCallback(): void {
    const from = find<HTMLInputElement>("[name=from]", this);
    const to = find<HTMLInputElement>("[name=to]", this);
    from?.addEventListener("change", () => {
      if (from.value && to?.value && from.value > to.value) to.value = from.value;
    });
    to?.addEventListener("change", () => {
      if (to.value && from?.value && to.value < from.value) from.value = to.value;
    });
  }
}

customElements.define("ms-range", Range);
