import { el, locale } from "../lib/dom";
import { change } from "../lib/format";
import { points } from "./data";
import type { Frame } from "./frame";

export interface Grid {
  head: string[];
  rows: (string | number | null)[][];
}

/** The numbers of a chart as rows: what the table view shows and the CSV holds. */
export function gridOf(frame: Frame, raw = false): Grid {
  const { data } = frame;
  if (data.kind === "gauge") return { head: ["", frame.word("value")], rows: [[data.name ?? "", data.value ?? null], [frame.word("target"), data.target ?? null]] };
  if (data.kind === "heatmap") return { head: ["", ...(data.columns ?? [])], rows: (data.rows ?? []).map((name, at) => [name, ...(data.values?.[at] ?? [])]) };
  const all = data.series ?? [];
  const head = [data.times ? frame.word("time") : frame.word("name"), ...all.flatMap((item) => (item.comparison ? [item.name, `${item.name}: ${data.comparison_name ?? frame.word("comparison")}`, frame.word("change")] : [item.name]))];
  const rows = points(data).map((point, at) => [
    raw ? point : frame.longLabel(point),
    ...all.flatMap((item) => (item.comparison ? [item.values[at] ?? null, item.comparison[at] ?? null, change(item.values[at], item.comparison[at], locale())] : [item.values[at] ?? null])),
  ]);
  return { head, rows };
}

export function tableOf(frame: Frame, caption: string): HTMLElement {
  const { head, rows } = gridOf(frame);
  const say = (cell: string | number | null) => (typeof cell === "number" ? frame.format.full(cell) : cell ?? "–");
  const body = rows.map((row) => el("tr", {}, ...row.map((cell, at) => (at ? el("td", { class: "num" }, say(cell)) : el("th", { scope: "row" }, say(cell))))));
  return el("table", {}, el("caption", { class: "sr-only" }, caption), el("thead", {}, el("tr", {}, ...head.map((name, at) => el("th", { scope: "col", class: at ? "num" : "" }, name)))), el("tbody", {}, ...body));
}

/** Text that a spreadsheet would run as a formula gets an apostrophe in front. */
export function csvCell(cell: string | number | null): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) && !/^[+-]?[\d.,]+\s?%?$/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf(frame: Frame): string {
  const { head, rows } = gridOf(frame, true);
  return [head, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}
