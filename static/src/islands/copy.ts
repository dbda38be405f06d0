import { find, word } from "../lib/dom";

/** Copies what is inside `[data-copy-text]` (or `data-copy`), and says so on the button. */
export class Copy extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest("[data-copy-button]")) void this.copy();
      if (target?.closest("[data-copy-reveal]")) this.#reveal();
    });
  }

  async copy(): Promise<void> {
    const text = this.dataset["copy"] ?? find("[data-copy-text]", this)?.textContent ?? "";
    const done = await this.#write(text);
    const said = find("[data-copy-said]", this);
    if (said) said.textContent = word(this, done ? "copied" : "failed");
    this.toggleAttribute("data-done", done);
    setTimeout(() => {
      this.removeAttribute("data-done");
      if (said) said.textContent = said.dataset["copySaid"] ?? "";
    }, 1800);
  }

  async #write(text: string): Promise<boolean> {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Without a secure context there is no clipboard; the text is selected so that the keys work.
      const shown = find("[data-copy-text]", this);
      if (shown) getSelection()?.selectAllChildren(shown);
      return false;
    }
  }

  #reveal(): void {
    const field = find(".copy-field", this);
    field?.toggleAttribute("data-hidden");
    find("[data-copy-reveal]", this)?.setAttribute("aria-pressed", String(!field?.hasAttribute("data-hidden")));
  }
}

customElements.define("ms-copy", Copy);
