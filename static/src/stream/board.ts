import { all, el, find, save, word } from "../lib/dom";
import { LiveSocket, type LiveMessage, type LiveState } from "../lib/socket";
import { Events, type Filters, type Row } from "./events";
import { List } from "./list";
import { Teller, type Words } from "./words";

const DRAW_EVERY = 200;
const SAY_EVERY = 5_000;

interface StreamMessage {
  type: "recent" | "events";
  rows: Row[];
  at: Record<string, [string, string, number]>;
}

/** The live list: its socket, what it knows, and its controls. */
export class Board {
  readonly events = new Events();
  readonly #host: HTMLElement;
  readonly #teller: Teller;
  readonly #list: List;
  readonly #view: HTMLElement;
  readonly #socket: LiveSocket;
  readonly #places: StreamMessage["at"] = {};
  readonly #known = new Set<string>();
  #paused = false;
  #state: LiveState = "reconnecting";
  #cover = "loading";
  #asked = false;
  #drawn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  #unsaid = 0;
  #sayer: ReturnType<typeof setInterval>;

  constructor(host: HTMLElement) {
    this.#host = host;
    const words = JSON.parse(find("script[type='application/json']", host)?.textContent ?? "{}") as Words;
    this.#view = this.#part("list");
    this.#teller = new Teller(words, host.dataset["zone"] ?? "UTC");
    this.#list = new List(this.#view, this.#part("space"), this.#teller, host.dataset["flags"] ?? "", word(host, "test"));
    Object.keys(words.types).forEach((name) => this.#known.add(`name:${name}`));
    this.#controls();
    this.#socket = new LiveSocket(`${location.protocol.replace("http", "ws")}//${location.host}${host.dataset["url"] ?? ""}`);
    this.#socket.addEventListener("state", (event) => this.#changed((event as CustomEvent<LiveState>).detail));
    this.#socket.addEventListener("message", (event) => this.#receive((event as CustomEvent<LiveMessage>).detail));
    this.#socket.open();
    this.#sayer = setInterval(() => this.#say(), SAY_EVERY);
  }

  close(): void {
    this.#socket.close();
    clearInterval(this.#sayer);
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
  }

  #part<T extends HTMLElement>(name: string): T {
    return find<T>(`[data-stream-${name}]`, this.#host) as T;
  }

  #ask(since: object): void {
    const { site, ...filters } = this.events.wanted;
    const sites = site ? [site] : (this.#host.dataset["sites"] ?? "").split(" ").filter(Boolean);
    this.#socket.send({ type: "subscribe", sites, filters, since });
  }

  #changed(state: LiveState): void {
    this.#state = state;
    if (state === "live") this.#ask(this.#places);
    this.#light();
  }

  #receive(message: LiveMessage): void {
    if (message.type === "recent" || message.type === "events") this.#take(message as unknown as StreamMessage);
    else if (message.type === "missed") this.#missed(message["events"] as number | null);
    else if (message.type === "denied") this.#covered("denied");
  }

  #take(message: StreamMessage): void {
    Object.assign(this.#places, message.at);
    const first = message.type === "recent";
    const added = this.events.add(message.rows, first);
    if (first) this.#asked = true;
    else this.#unsaid += added;
    for (const row of message.rows) this.#offer(row);
    this.#soon();
  }

  /** A value that was not seen before becomes a choice of its filter. */
  #offer(row: Row): void {
    this.#choice("name", row.name, this.#teller.type(row.name));
    if (row.country) this.#choice("country", row.country, this.#teller.country(row.country));
    if (row.company) this.#choice("company", String(row.company), row.company_name);
  }

  #choice(name: string, value: string, label: string): void {
    const key = `${name}:${value}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const select = find<HTMLSelectElement>(`[data-stream-filter="${name}"]`, this.#host);
    const fixed = name === "company" ? 2 : 1;
    const after = [...(select?.options ?? [])].slice(fixed).find((option) => option.text.localeCompare(label) > 0);
    select?.insertBefore(el("option", { value }, label), after ?? null);
  }

  #soon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#frame = requestAnimationFrame(() => this.#draw());
    }, Math.max(0, DRAW_EVERY - (performance.now() - this.#drawn)));
  }

  #draw(): void {
    this.#drawn = performance.now();
    this.#list.measure();
    const shown = this.events.shown;
    this.#list.draw(shown);
    const number = (count: number) => count.toLocaleString(document.documentElement.lang || "en");
    this.#part("listed").textContent = shown.length ? word(this.#host, "listed").replace("{n}", number(shown.length)) : "";
    const fresh = this.#part<HTMLButtonElement>("fresh");
    fresh.hidden = !this.events.fresh;
    if (this.events.fresh) fresh.textContent = word(this.#host, "fresh").replace("{n}", number(this.events.fresh));
    this.#part<HTMLButtonElement>("csv").disabled = !shown.length;
    if (this.#asked && this.#cover !== "denied") this.#covered(shown.length ? "" : this.events.size || this.#isFiltered ? "none" : "empty");
    this.#light();
  }

  get #isFiltered(): boolean {
    return Object.values(this.events.wanted).some(Boolean);
  }

  #covered(which: string): void {
    this.#cover = which;
    for (const cover of all("[data-stream-cover]", this.#host)) cover.hidden = cover.dataset["streamCover"] !== which;
  }

  #light(): void {
    const state = this.#part("state");
    const held = this.events.isHeld ? (this.#paused ? "paused" : "held") : "live";
    const key = this.#state === "live" ? held : this.#state;
    const text = word(this.#host, key);
    const label = this.#part("state-text");
    if (label.textContent !== text) label.textContent = text;
    const tone = { live: "good", held: "info", paused: "info", reconnecting: "attention", offline: "bad" }[key];
    if (!state.classList.contains(`tone-${tone}`)) state.className = `status tone-${tone}`;
    this.#part<HTMLButtonElement>("pause").disabled = this.#cover === "denied";
  }

  #missed(events: number | null): void {
    const text = events === null ? word(this.#host, "gap") : word(this.#host, "missed").replace("{n}", events.toLocaleString(document.documentElement.lang || "en"));
    this.#part("notice-text").textContent = text;
    this.#part("notice").hidden = false;
  }

  /** Someone listening hears how many came, not each of them. */
  #say(): void {
    if (!this.#unsaid || this.events.isHeld || document.hidden) return;
    this.#part("said").textContent = word(this.#host, "said").replace("{n}", String(this.#unsaid));
    this.#unsaid = 0;
  }

  /** The list stands still while it is paused, scrolled or read with the keyboard. */
  #settle(): void {
    this.#list.measure();
    const reading = this.#list.top > 8 || this.#view.contains(document.activeElement) || document.querySelector("dialog[open]") !== null;
    if (this.#paused || reading) this.events.hold();
    else if (this.events.isHeld) this.events.release();
    this.#soon();
  }

  #pause(paused: boolean): void {
    this.#paused = paused;
    const button = this.#part("pause");
    button.setAttribute("aria-pressed", String(paused));
    this.#part("pause-text").textContent = word(this.#host, paused ? "resume" : "pause");
    for (const [name, hidden] of [["running", paused], ["paused", !paused]] as const) find(`[data-when-${name}]`, button)?.toggleAttribute("hidden", hidden);
    if (!paused) this.#toTop();
    this.#settle();
  }

  #toTop(): void {
    if (this.#view.contains(document.activeElement)) (document.activeElement as HTMLElement).blur();
    this.#view.scrollTop = 0;
    this.events.release();
  }

  #controls(): void {
    this.#part("pause").addEventListener("click", () => this.#pause(!this.#paused));
    this.#part("fresh").addEventListener("click", () => this.#pause(false));
    this.#part("csv").addEventListener("click", () => this.#csv());
    this.#part("notice-close").addEventListener("click", () => (this.#part("notice").hidden = true));
    this.#view.addEventListener("scroll", () => this.#settle(), { passive: true });
    this.#view.addEventListener("focusin", (event) => {
      const at = this.#list.indexOf(event.target as Element);
      if (at >= 0) this.#list.active = at;
      this.#settle();
    });
    this.#view.addEventListener("focusout", () => setTimeout(() => this.#settle()));
    this.#view.addEventListener("keydown", this.#keys);
    this.#view.addEventListener("click", (event) => {
      const node = (event.target as Element).closest(".stream-row");
      const row = node && this.#list.rowOf(node);
      if (row) this.#open(row);
    });
    for (const select of all<HTMLSelectElement>("[data-stream-filter]", this.#host)) select.addEventListener("change", () => this.#filter());
  }

  #keys = (event: KeyboardEvent): void => {
    const list = this.#list;
    const last = this.events.shown.length - 1;
    const to = { ArrowDown: list.active + 1, ArrowUp: list.active - 1, PageDown: list.active + list.page, PageUp: list.active - list.page, Home: 0, End: last }[event.key];
    if (event.key === "Escape") this.#pause(false);
    else if (to !== undefined) list.focus(to);
    else return;
    event.preventDefault();
  };

  #open(row: Row): void {
    const path = (this.#host.dataset["eventHref"] ?? "").replace("SCRIPT", encodeURIComponent(row.site));
    void window.htmx.ajax("GET", `${path}?${new URLSearchParams({ id: row.id, at: String(row.at) }).toString()}`, { target: "#sheets", swap: "innerHTML" });
  }

  #filter(): void {
    const wanted: Filters = { site: "", name: "", country: "", company: "" };
    for (const select of all<HTMLSelectElement>("[data-stream-filter]", this.#host)) wanted[select.dataset["streamFilter"] as keyof Filters] = select.value;
    this.events.filter(wanted);
    this.#view.scrollTop = 0;
    // What did not match before was never sent: ask for the latest anew.
    this.#ask({});
    this.#soon();
  }

  #csv(): void {
    const head = ["time", "site", "event", "page", "title", "country", "channel", "source", "device", "value", "currency", "company", "visitor"].map((name) => word(this.#host, name));
    const rows = [...this.events.shown].reverse();
    save(`${word(this.#host, "file")}.csv`, new Blob(["\ufeff", this.#teller.csv(rows, head)], { type: "text/csv;charset=utf-8" }));
  }
}
