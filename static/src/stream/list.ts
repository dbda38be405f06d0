import { el } from "../lib/dom";
import type { Row } from "./events";
import type { Teller } from "./words";

const BEYOND = 4; // rows drawn above and below what is seen

interface Slot {
  node: HTMLElement;
  row: Row | null;
  at: number;
  time: HTMLElement;
  type: HTMLElement;
  page: HTMLElement;
  site: HTMLElement;
  flag: HTMLImageElement;
  from: HTMLElement;
  device: HTMLElement;
  value: HTMLElement;
  visitor: HTMLElement;
}

function put(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Draws only the rows that are seen, newest first, in elements that are used again. */
export class List {
  active = 0;
  readonly #view: HTMLElement;
  readonly #space: HTMLElement;
  readonly #teller: Teller;
  readonly #flags: string;
  readonly #testWord: string;
  readonly #slots: Slot[] = [];
  #rows: readonly Row[] = [];
  #top = 0;
  #seen = 0;

  constructor(view: HTMLElement, space: HTMLElement, teller: Teller, flags: string, testWord: string) {
    [this.#view, this.#space, this.#teller, this.#flags, this.#testWord] = [view, space, teller, flags, testWord];
  }

  get top(): number {
    return this.#top;
  }

  /** Reads where the list stands; done apart from drawing, so that drawing never waits for a layout. */
  measure(): void {
    this.#top = this.#view.scrollTop;
    this.#seen = this.#view.clientHeight;
  }

  get #height(): number {
    return matchMedia("(max-width: 767px)").matches ? 64 : 40;
  }

  draw(rows: readonly Row[]): void {
    this.#rows = rows;
    const height = this.#height;
    const tall = `${rows.length * height}px`;
    if (this.#space.style.height !== tall) this.#space.style.height = tall;
    const first = Math.max(0, Math.floor(this.#top / height) - BEYOND);
    const last = Math.min(rows.length, Math.ceil((this.#top + this.#seen) / height) + BEYOND);
    this.active = Math.max(0, Math.min(this.active, rows.length - 1));
    const tabbed = this.active >= first && this.active < last ? this.active : first;
    const pool = Math.ceil(this.#seen / height) + 2 * BEYOND + 2;
    while (this.#slots.length < pool) this.#slots.push(this.#slot());
    // A row keeps its element while the list scrolls, so that what has the focus keeps it.
    for (let at = first; at < last; at += 1) {
      const slot = this.#slots[at % this.#slots.length] as Slot;
      this.#fill(slot, rows[rows.length - 1 - at] as Row, at, at * height);
      const stop = at === tabbed ? 0 : -1;
      if (slot.node.tabIndex !== stop) slot.node.tabIndex = stop;
    }
    for (const slot of this.#slots) {
      if (slot.at >= first && slot.at < last) continue;
      slot.node.hidden = true;
      slot.row = null;
      slot.at = -1;
    }
  }

  rowOf(node: Element): Row | null {
    return this.#slots.find((slot) => slot.node === node)?.row ?? null;
  }

  indexOf(node: Element): number {
    return this.#slots.find((slot) => slot.node === node)?.at ?? -1;
  }

  /** Goes to a row by its number from the top. */
  focus(at: number): void {
    if (!this.#rows.length) return;
    const height = this.#height;
    this.active = Math.max(0, Math.min(this.#rows.length - 1, at));
    const top = this.active * height;
    if (top < this.#view.scrollTop) this.#view.scrollTop = top;
    else if (top + height > this.#view.scrollTop + this.#view.clientHeight) this.#view.scrollTop = top + height - this.#view.clientHeight;
    this.measure();
    this.draw(this.#rows);
    this.#slots.find((slot) => slot.at === this.active && slot.row)?.node.focus({ preventScroll: true });
  }

  get page(): number {
    return Math.max(1, Math.floor(this.#seen / this.#height) - 1);
  }

  #slot(): Slot {
    const span = (name: string) => el("span", { class: `stream-${name}` });
    const slot = {
      row: null, at: -1, time: span("time"), type: span("type"), page: span("path"), site: span("site"), from: span("words"), device: span("device"),
      value: span("value"), visitor: span("visitor"), flag: el("img", { class: "flag", alt: "", width: 18, height: 12 }) as HTMLImageElement,
    };
    const node = el("button", { type: "button", class: "stream-row" }, slot.time, slot.type, el("span", { class: "stream-page" }, slot.page, slot.site),
      el("span", { class: "stream-from" }, slot.flag, slot.from), slot.device, slot.value, slot.visitor);
    this.#space.append(node);
    return { ...slot, node };
  }

  #fill(slot: Slot, row: Row, at: number, top: number): void {
    if (slot.at !== at) {
      slot.at = at;
      slot.node.style.transform = `translateY(${top}px)`;
    }
    if (slot.node.hidden) slot.node.hidden = false;
    if (slot.row === row) return;
    slot.row = row;
    put(slot.time, this.#teller.time(row));
    put(slot.type, row.test ? `${this.#teller.type(row.name)} (${this.#testWord})` : this.#teller.type(row.name));
    put(slot.page, row.path || row.title);
    put(slot.site, this.#teller.site(row));
    put(slot.from, this.#teller.from(row));
    put(slot.device, this.#teller.device(row));
    put(slot.value, this.#teller.money(row));
    put(slot.visitor, row.visitor);
    if (slot.node.classList.contains("is-goal") !== row.goal) slot.node.classList.toggle("is-goal", row.goal);
    this.#flag(slot.flag, row.country);
  }

  #flag(image: HTMLImageElement, country: string): void {
    if (image.dataset["code"] === country) return;
    image.dataset["code"] = country;
    image.hidden = !country;
    image.alt = this.#teller.country(country);
    if (country) image.src = `${this.#flags}${country}.svg`;
  }
}
