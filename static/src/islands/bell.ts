import { find } from "../lib/dom";

/** How many notifications wait: asked once when the page is idle, then told by the socket. */
export class Bell extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("live:notifications", this.#told);
    setTimeout(() => void this.#ask(), 400);
  }

  disconnectedCallback(): void {
    document.removeEventListener("live:notifications", this.#told);
  }

  async #ask(): Promise<void> {
    const url = this.dataset["url"];
    if (!url) return;
    const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) this.#show(((await answer.json()) as { unread: number }).unread);
  }

  #told = (event: Event): void => {
    const { unread } = (event as CustomEvent<{ unread?: unknown }>).detail;
    if (typeof unread === "number") this.#show(unread);
  };

  #show(unread: number): void {
    const badge = find("[data-count]", this);
    const link = find("a", this);
    if (!badge || !link) return;
    badge.hidden = unread === 0;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    link.setAttribute("aria-label", unread ? `${this.dataset["label"] ?? ""} (${unread})` : this.dataset["label"] ?? "");
  }
}

customElements.define("ms-bell", Bell);
