import { all, el, find } from "../lib/dom";
import { redrawSpark } from "../lib/spark";
import { LiveSocket, type LiveMessage, type LiveState, type LiveValue, type MetricsMessage } from "../lib/socket";

const ANNOUNCE_EVERY = 30_000;

/** Puts a new figure where the old one stood; it rolls, nothing around it moves. */
export function patch(host: HTMLElement, value: LiveValue): boolean {
  const node = find("[data-live-value]", host) ?? host;
  const text = value.text ?? (value.value === undefined || value.value === null ? "–" : String(value.value));
  const changed = node.textContent?.trim() !== text;
  if (changed) {
    const before = Number(node.dataset["number"]);
    const down = value.value !== undefined && value.value !== null && before > value.value;
    node.replaceChildren(el("span", { class: down ? "rolling rolling-down" : "rolling" }, text));
    if (value.value !== undefined && value.value !== null) node.dataset["number"] = String(value.value);
  }
  patchChange(host, value);
  const versus = find("[data-live-comparison]", host);
  if (versus && value.comparison !== undefined) versus.textContent = value.comparison;
  const line = host.querySelector("[data-live-spark]");
  if (line && value.series) redrawSpark(line, value.series);
  return changed;
}

function patchChange(host: HTMLElement, value: LiveValue): void {
  const node = find("[data-live-change]", host);
  if (!node || value.change === undefined) return;
  const text = find("[data-change-text]", node) ?? node;
  text.textContent = value.change;
  const direction = value.direction ?? "flat";
  const better = node.dataset["better"] ?? "none";
  node.classList.remove("tone-good", "tone-bad", "tone-neutral");
  node.classList.add(direction === "flat" || better === "none" ? "tone-neutral" : direction === better ? "tone-good" : "tone-bad");
  node.hidden = value.change === "";
  for (const arrow of node.querySelectorAll<SVGElement>("[data-arrow]")) arrow.toggleAttribute("hidden", arrow.dataset["arrow"] !== direction);
}

/** The live light, and the page's one socket behind it. */
export class Live extends HTMLElement {
  #socket: LiveSocket | null = null;
  #said = 0;
  #news = new Map<string, string>();

  connectedCallback(): void {
    const url = this.dataset["url"];
    this.hidden = !this.#topics().length;
    // The bell listens too, on pages that show no live figure.
    if (!url || (this.hidden && !find("ms-bell"))) return;
    this.#socket = new LiveSocket(url.startsWith("ws") ? url : `${location.protocol.replace("http", "ws")}//${location.host}${url}`);
    this.#socket.addEventListener("state", (event) => this.#light((event as CustomEvent<LiveState>).detail));
    this.#socket.addEventListener("message", (event) => this.#receive((event as CustomEvent<LiveMessage>).detail));
    this.#socket.subscribe(this.#topics());
    this.#socket.open();
    document.addEventListener("htmx:after:swap", this.#refresh);
    document.addEventListener("live:send", this.#send);
  }

  disconnectedCallback(): void {
    document.removeEventListener("htmx:after:swap", this.#refresh);
    document.removeEventListener("live:send", this.#send);
    this.#socket?.close();
  }

  #topics(): string[] {
    const shown = all("[data-live]").map((node) => node.dataset["live"]?.split(":")[0] ?? "");
    const asked = all("[data-live-topics]").flatMap((node) => node.dataset["liveTopics"]?.split(/\s+/) ?? []);
    return [...new Set([...shown, ...asked])].filter(Boolean);
  }

  #refresh = (): void => {
    this.hidden = !this.#topics().length;
    this.#socket?.subscribe(this.#topics());
  };

  #send = (event: Event): void => this.#socket?.send((event as CustomEvent<object>).detail);

  #light(state: LiveState): void {
    const light = find("[data-state]", this);
    if (light) light.dataset["state"] = state;
    document.documentElement.dataset["liveState"] = state;
    document.dispatchEvent(new CustomEvent("live:state", { detail: state }));
  }

  #receive(message: LiveMessage): void {
    if (message.type === "metrics") this.#metrics(message as MetricsMessage);
    document.dispatchEvent(new CustomEvent(`live:${message.type}`, { detail: message }));
  }

  #metrics(message: MetricsMessage): void {
    for (const [key, value] of Object.entries(message.values)) {
      for (const node of all(`[data-live="${CSS.escape(`${message.topic}:${key}`)}"]`)) {
        if (patch(node, value) && node.dataset["liveLabel"]) this.#news.set(node.dataset["liveLabel"], value.text ?? String(value.value));
      }
      for (const line of all(`[data-live-spark="${CSS.escape(`${message.topic}:${key}`)}"]`)) if (value.series) redrawSpark(line, value.series);
    }
    this.#announce();
  }

  // Someone listening is told now and then, not with every visitor.
  #announce(): void {
    const region = find("[data-live-said]", this);
    if (!region || !this.#news.size || Date.now() - this.#said < ANNOUNCE_EVERY) return;
    this.#said = Date.now();
    region.textContent = [...this.#news].map(([label, text]) => `${label}: ${text}`).join(", ");
    this.#news.clear();
  }
}

customElements.define("ms-live", Live);
