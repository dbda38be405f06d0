import { all, el, find, icon, post, typing, word } from "../lib/dom";
import { setTheme } from "./frame";

interface Entry {
  label: string;
  hint?: string;
  icon?: string;
  url?: string;
  method?: string;
  run?: () => void;
}

interface Group {
  label: string;
  items: Entry[];
}

const PAUSE = 120;

/** Go to, search, do: one field for everything. */
export class Palette extends HTMLElement {
  #dialog!: HTMLDialogElement;
  #input!: HTMLInputElement;
  #list!: HTMLElement;
  #entries: Entry[] = [];
  #at = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;

  connectedCallback(): void {
    this.#dialog = find<HTMLDialogElement>("dialog", this)!;
    this.#input = find<HTMLInputElement>("input", this)!;
    this.#list = find("[role=listbox]", this)!;
    document.addEventListener("keydown", (event) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k" && !event.shiftKey && !event.altKey) this.#toggle(event);
    });
    document.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("[data-open-palette]")) this.open();
    });
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#dialog.close());
    this.#input.addEventListener("input", () => this.#search());
    this.#input.addEventListener("keydown", this.#keys);
    this.#list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option) this.#choose(Number(option.dataset["at"]));
    });
  }

  open(): void {
    this.#input.value = "";
    this.#show(this.#local(""));
    this.#dialog.showModal();
    this.#input.focus();
  }

  #toggle(event: KeyboardEvent): void {
    event.preventDefault();
    if (this.#dialog.open) this.#dialog.close();
    else if (!find("dialog[open]") || !typing(event.target)) this.open();
  }

  /** What the page itself knows: its places and its own actions. */
  #local(query: string): Group[] {
    const places = all<HTMLAnchorElement>(".rail a[data-place]").map((link) => ({ label: (find(".rail-label", link) ?? link).textContent?.trim() ?? "", url: link.href, icon: link.dataset["place"] }));
    const actions: Entry[] = all("[data-key-label]").map((node) => ({ label: node.dataset["keyLabel"] ?? "", hint: node.dataset["key"]?.toUpperCase(), icon: "zap", run: () => node.click() }));
    actions.push(
      { label: word(this, "light"), icon: "sun", run: () => setTheme("light") },
      { label: word(this, "dark"), icon: "moon", run: () => setTheme("dark") },
    );
    const wanted = query.toLocaleLowerCase();
    const match = (entry: Entry) => entry.label.toLocaleLowerCase().includes(wanted);
    return [
      { label: word(this, "places"), items: places.filter(match) },
      { label: word(this, "actions"), items: actions.filter(match) },
    ];
  }

  #search(): void {
    const query = this.#input.value.trim();
    this.#show(this.#local(query));
    clearTimeout(this.#timer);
    this.#request?.abort();
    const url = this.dataset["url"];
    if (query && url) this.#timer = setTimeout(() => void this.#ask(url, query), PAUSE);
  }

  async #ask(url: string, query: string): Promise<void> {
    this.#request = new AbortController();
    try {
      const response = await fetch(`${url}?q=${encodeURIComponent(query)}`, { signal: this.#request.signal, headers: { Accept: "application/json" } });
      if (!response.ok) return;
      const { groups } = (await response.json()) as { groups: Group[] };
      const known = new Set(groups.flatMap((group) => group.items.map((item) => item.url)));
      const own = this.#local(query).map((group) => ({ ...group, items: group.items.filter((item) => !item.url || !known.has(new URL(item.url).pathname)) }));
      this.#show([...groups, ...own]);
    } catch {
      // A search overtaken by the next key, or a server away: what the page knows stays shown.
    }
  }

  #show(groups: Group[]): void {
    const filled = groups.filter((group) => group.items.length);
    this.#entries = filled.flatMap((group) => group.items);
    let at = 0;
    const nodes = filled.flatMap((group) => [
      el("div", { class: "menu-label", role: "presentation" }, group.label),
      ...group.items.map((item) => this.#option(item, at++)),
    ]);
    this.#list.replaceChildren(...(nodes.length ? nodes : [el("p", { class: "palette-empty" }, word(this, "none"))]));
    this.#mark(0);
  }

  #option(item: Entry, at: number): HTMLElement {
    return el("div", { role: "option", id: `palette-${at}`, "data-at": at, "aria-selected": "false" }, icon(item.icon ?? "arrow-right"), el("span", {}, item.label), item.hint ? el("span", { class: "menu-hint" }, item.hint) : null);
  }

  #mark(at: number): void {
    if (!this.#entries.length) return this.#input.removeAttribute("aria-activedescendant");
    this.#at = (at + this.#entries.length) % this.#entries.length;
    for (const option of all("[role=option]", this.#list)) option.setAttribute("aria-selected", String(Number(option.dataset["at"]) === this.#at));
    this.#input.setAttribute("aria-activedescendant", `palette-${this.#at}`);
    document.getElementById(`palette-${this.#at}`)?.scrollIntoView({ block: "nearest" });
  }

  #keys = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#mark(this.#at + step);
    else if (event.key === "Enter") this.#choose(this.#at, event.metaKey || event.ctrlKey);
    else return;
    event.preventDefault();
  };

  #choose(at: number, inNewTab = false): void {
    const entry = this.#entries[at];
    if (!entry) return;
    this.#dialog.close();
    if (entry.run) entry.run();
    else if (entry.url && entry.method === "post") void post(entry.url).then((response) => location.assign(response.url));
    else if (entry.url && inNewTab) window.open(entry.url, "_blank", "noopener");
    else if (entry.url) location.assign(entry.url);
  }
}

customElements.define("ms-palette", Palette);
