import type { Board } from "../stream/board";

/** The live list of events; its code comes with the page that shows it. */
export class Stream extends HTMLElement {
  #board: Board | null = null;

  async connectedCallback(): Promise<void> {
    const { Board } = await import("../stream/board");
    if (this.isConnected) this.#board ??= new Board(this);
  }

  disconnectedCallback(): void {
    this.#board?.close();
    this.#board = null;
  }
}

customElements.define("ms-stream", Stream);
