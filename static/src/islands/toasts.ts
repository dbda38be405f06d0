import { all, el, icon, post, word } from "../lib/dom";

export interface ToastOptions {
  text: string;
  tone?: "neutral" | "good" | "attention" | "bad";
  undo?: string;
  undo_label?: string;
}

const ICONS = { neutral: "info", good: "circle-check", attention: "triangle-alert", bad: "circle-alert" };
const STAYS = 6000;
const STAYS_WITH_UNDO = 10_000;

/** What just happened, in one line; goes by itself unless somebody is reading or it is bad news. */
export class Toasts extends HTMLElement {
  connectedCallback(): void {
    for (const message of all("[data-toast]", this)) {
      this.show({ text: message.textContent?.trim() ?? "", tone: (message.dataset["toast"] || "neutral") as "neutral" });
      message.remove();
    }
    document.addEventListener("toast", this.#onToast);
    document.addEventListener("htmx:error", this.#onError);
    document.addEventListener("htmx:response:error", this.#onError);
  }

  disconnectedCallback(): void {
    document.removeEventListener("toast", this.#onToast);
  }

  show({ text, tone = "neutral", undo, undo_label }: ToastOptions): HTMLElement {
    const toast = el("div", { class: `toast tone-${tone}`, role: tone === "bad" ? "alert" : "status" }, icon(ICONS[tone]), el("span", { class: "toast-text" }, text));
    if (undo) {
      const button = el("button", { type: "button" }, undo_label ?? word(this, "undo"));
      button.addEventListener("click", () => void this.#undo(toast, undo));
      toast.append(button);
    }
    const close = el("button", { type: "button", "aria-label": word(this, "close") }, icon("x"));
    close.addEventListener("click", () => this.#drop(toast));
    toast.append(close);
    this.append(toast);
    if (this.popover) {
      // Shown anew each time, so that it lies above a dialog opened since.
      if (this.matches(":popover-open")) this.hidePopover();
      this.showPopover();
    }
    if (tone !== "bad") this.#leaveLater(toast, undo ? STAYS_WITH_UNDO : STAYS);
    return toast;
  }

  #leaveLater(toast: HTMLElement, after: number): void {
    let timer = setTimeout(() => this.#drop(toast), after);
    const hold = () => clearTimeout(timer);
    const release = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#drop(toast), after);
    };
    toast.addEventListener("pointerenter", hold);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("pointerleave", release);
    toast.addEventListener("focusout", release);
  }

  #drop(toast: HTMLElement): void {
    toast.remove();
    if (!this.childElementCount && this.popover && this.matches(":popover-open")) this.hidePopover();
  }

  async #undo(toast: HTMLElement, url: string): Promise<void> {
    this.#drop(toast);
    const response = await post(url).catch(() => null);
    if (response?.ok) location.reload();
    else this.show({ text: word(this, "failed"), tone: "bad" });
  }

  #onToast = (event: Event): void => {
    const detail = (event as CustomEvent<ToastOptions | { value: string } | string>).detail;
    if (typeof detail === "string") this.show({ text: detail });
    else if ("text" in detail) this.show(detail);
    else this.show({ text: detail.value });
  };

  #onError = (event: Event): void => {
    const status = (event as CustomEvent<{ ctx?: { response?: { status: number } } }>).detail?.ctx?.response?.status;
    if (status === 422) return;
    this.show({ text: word(this, status === 403 ? "denied" : "failed"), tone: "bad" });
  };
}

customElements.define("ms-toasts", Toasts);

export function toast(options: ToastOptions): void {
  document.dispatchEvent(new CustomEvent("toast", { detail: options }));
}
