import { csvCell } from "../charts/table";
import { locale } from "../lib/dom";
import type { Row } from "./events";

export interface Words {
  types: Record<string, string>;
  channels: Record<string, string>;
  devices: Record<string, string>;
  sites: Record<string, string>;
}

/** Says the fields of an event as an owner does. What is said once is remembered. */
export class Teller {
  readonly #words: Words;
  readonly #clock: Intl.DateTimeFormat;
  readonly #stamp: Intl.DateTimeFormat;
  readonly #regions: Intl.DisplayNames;
  readonly #countries = new Map<string, string>();
  readonly #money = new Map<string, Intl.NumberFormat>();

  constructor(words: Words, timeZone: string) {
    this.#words = words;
    this.#clock = new Intl.DateTimeFormat(locale(), { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this.#stamp = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" });
    this.#regions = new Intl.DisplayNames(locale(), { type: "region" });
  }

  time = (row: Row): string => this.#clock.format(row.at);
  type = (name: string): string => this.#words.types[name] ?? name;
  channel = (row: Row): string => this.#words.channels[row.channel] ?? row.channel;
  device = (row: Row): string => this.#words.devices[row.device] ?? row.device;
  site = (row: Row): string => this.#words.sites[row.site] ?? row.site;

  country(code: string): string {
    let found = this.#countries.get(code);
    if (found === undefined) {
      try {
        found = (code && this.#regions.of(code)) || code;
      } catch {
        found = code;
      }
      this.#countries.set(code, found);
    }
    return found;
  }

  money(row: Row): string {
    if (!row.value) return "";
    let format = this.#money.get(row.currency);
    if (!format) {
      try {
        format = new Intl.NumberFormat(locale(), { style: "currency", currency: row.currency });
      } catch {
        format = new Intl.NumberFormat(locale());
      }
      this.#money.set(row.currency, format);
    }
    return format.format(Number(row.value));
  }

  from(row: Row): string {
    return row.company_name || row.source || this.channel(row);
  }

  /** What is shown, as a file; a formula in it stays text. */
  csv(rows: readonly Row[], head: string[]): string {
    const lines = rows.map((row) => [
      this.#stamp.format(row.at), this.site(row), this.type(row.name), row.path, row.title, this.country(row.country), this.channel(row),
      row.source, this.device(row), row.value, row.currency, row.company_name, row.visitor,
    ]);
    return [head, ...lines].map((line) => line.map(csvCell).join(",")).join("\r\n") + "\r\n";
  }
}
