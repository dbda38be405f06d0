/** An event as the server tells it. */
export interface Row {
  id: string;
  at: number;
  name: string;
  path: string;
  title: string;
  country: string;
  device: string;
  channel: string;
  source: string;
  value: string;
  currency: string;
  visitor: string;
  visit: string;
  goal: boolean;
  test: boolean;
  site: string;
  company: number;
  company_name: string;
}

export interface Filters {
  site: string;
  name: string;
  country: string;
  company: string;
}

export const MOST = 10_000;
const SLACK = 1_000;

export function matches(row: Row, wanted: Filters): boolean {
  if (wanted.site && row.site !== wanted.site) return false;
  if (wanted.name && row.name !== wanted.name) return false;
  if (wanted.country && row.country !== wanted.country) return false;
  if (!wanted.company) return true;
  return wanted.company === "any" ? row.company !== 0 : String(row.company) === wanted.company;
}

/** The events a page knows, oldest first, and the ones it shows. While it is held, what comes waits and is counted. */
export class Events {
  wanted: Filters = { site: "", name: "", country: "", company: "" };
  fresh = 0;
  #rows: Row[] = [];
  #shown: Row[] = [];
  #held: Row[] | null = null;
  readonly #ids = new Set<string>();

  get shown(): readonly Row[] {
    return this.#held ?? this.#shown;
  }

  get size(): number {
    return this.#rows.length;
  }

  get isHeld(): boolean {
    return this.#held !== null;
  }

  /** Takes rows in; answers how many of them are new and match. `sort` puts rows of before in their place. */
  add(rows: readonly Row[], sort = false): number {
    let matching = 0;
    for (const row of rows) {
      if (this.#ids.has(row.id)) continue;
      this.#ids.add(row.id);
      this.#rows.push(row);
      if (!matches(row, this.wanted)) continue;
      this.#shown.push(row);
      matching += 1;
    }
    if (this.#rows.length > MOST + SLACK) this.#trim();
    if (sort) {
      this.#rows.sort((a, b) => a.at - b.at);
      this.#shown.sort((a, b) => a.at - b.at);
    }
    if (this.#held) this.fresh += matching;
    return matching;
  }

  filter(wanted: Filters): void {
    this.wanted = wanted;
    this.#shown = this.#rows.filter((row) => matches(row, wanted));
    if (this.#held) this.#held = [...this.#shown];
    this.fresh = 0;
  }

  hold(): void {
    this.#held ??= [...this.#shown];
  }

  release(): void {
    this.#held = null;
    this.fresh = 0;
  }

  #trim(): void {
    const gone = this.#rows.splice(0, this.#rows.length - MOST);
    const oldest = new Set(gone);
    for (const row of gone) this.#ids.delete(row.id);
    this.#shown = this.#shown.filter((row) => !oldest.has(row));
    this.fresh = Math.min(this.fresh, this.#shown.length);
  }
}
