import type { Grain, Unit } from "../lib/format";

export type Value = number | null;

export interface Series {
  name: string;
  key?: string;
  values: Value[];
  comparison?: Value[];
}

export interface ChartData {
  kind: "line" | "area" | "bar" | "stacked" | "pie" | "heatmap" | "map" | "funnel" | "gauge";
  unit?: Unit;
  currency?: string;
  grain?: Grain;
  times?: string[];
  categories?: string[];
  regions?: string[];
  series?: Series[];
  comparison_times?: string[];
  comparison_name?: string;
  hrefs?: (string | null)[];
  open?: boolean;
  horizontal?: boolean;
  sum_other?: boolean;
  better?: "up" | "down" | "none";
  annotations?: { at: string; label: string; href?: string }[];
  band?: { name: string; lower: Value[]; upper: Value[] };
  forecast?: { name: string; times: string[]; values: Value[]; lower?: Value[]; upper?: Value[] };
  rows?: string[];
  columns?: string[];
  values?: Value[][];
  value?: number;
  target?: number;
  max?: number;
  name?: string;
  total_label?: string;
  empty_text?: string;
}

const MOST_SERIES = 5;

export function total(values: readonly Value[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function sumOf(lists: Value[][]): Value[] {
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from({ length }, (_, at) => {
    const known = lists.map((list) => list[at]).filter((value): value is number => typeof value === "number");
    return known.length ? total(known) : null;
  });
}

/** At most five series; what is left is summed into "other", or left out where a sum has no meaning. */
export function limitSeries(data: ChartData, otherName: string): Series[] {
  const series = data.series ?? [];
  if (series.length <= MOST_SERIES) return series;
  const sorted = [...series].sort((a, b) => total(b.values) - total(a.values));
  const kept = sorted.slice(0, MOST_SERIES);
  if (data.sum_other === false || data.unit === "percent" || data.unit === "ratio") return kept;
  const rest = sorted.slice(MOST_SERIES);
  const other: Series = { name: otherName, key: "other", values: sumOf(rest.map((item) => item.values)) };
  if (rest.every((item) => item.comparison)) other.comparison = sumOf(rest.map((item) => item.comparison ?? []));
  return [...kept, other];
}

export interface Slice {
  name: string;
  value: number;
  href: string | null;
  other: boolean;
}

/** Slices of a pie: the five largest and the rest. */
export function slices(data: ChartData, otherName: string): Slice[] {
  const values = data.series?.[0]?.values ?? [];
  const all = (data.categories ?? [])
    .map((name, at) => ({ name, value: values[at] ?? 0, href: data.hrefs?.[at] ?? null, other: false }))
    .filter((slice) => slice.value > 0)
    .sort((a, b) => b.value - a.value);
  if (all.length <= MOST_SERIES + 1) return all;
  const rest = all.slice(MOST_SERIES);
  return [...all.slice(0, MOST_SERIES), { name: otherName, value: total(rest.map((slice) => slice.value)), href: null, other: true }];
}

/** Upper bounds of `steps` classes with about equally many positive values each. */
export function quantiles(values: readonly Value[], steps: number): number[] {
  const sorted = values.filter((value): value is number => typeof value === "number" && value > 0).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const bounds = Array.from({ length: steps }, (_, at) => sorted[Math.min(sorted.length - 1, Math.ceil(((at + 1) / steps) * sorted.length) - 1)]!);
  return [...new Set(bounds)];
}

export function isEmpty(data: ChartData): boolean {
  if (data.kind === "gauge") return typeof data.value !== "number";
  const values = data.kind === "heatmap" ? (data.values ?? []).flat() : (data.series ?? []).flatMap((series) => [...series.values, ...(series.comparison ?? [])]);
  return !values.some((value) => typeof value === "number" && value !== 0);
}

/** Labels of the points: times, categories or regions. */
export function points(data: ChartData): string[] {
  return data.times ?? data.categories ?? data.regions ?? [];
}

/** Where a line ends: a day that is not over has no values yet for the hours to come. */
export function lastKnown(values: readonly Value[]): number {
  return values.findLastIndex((value) => value !== null);
}

const LABEL_GAP = 15;

/** How far down (in px) the names at the ends of lines must move so that none covers another. */
export function labelShifts(lists: readonly (readonly Value[])[], height: number): number[] {
  const top = Math.max(0, ...lists.flat().map((value) => value ?? 0)) * 1.08 || 1;
  const ends = lists.map((values, at) => ({ at, y: height * (1 - ((values.findLast((value) => value !== null) ?? 0) / top)) })).sort((a, b) => a.y - b.y);
  const shifts = lists.map(() => 0);
  let free = -Infinity;
  const placed = ends.map(({ at, y }) => {
    free = Math.max(y, free + LABEL_GAP);
    return { at, y, to: free };
  });
  // What was pushed below the axis goes up again, and pushes its neighbours.
  let floor = height;
  for (const label of placed.reverse()) {
    label.to = Math.min(label.to, floor);
    floor = label.to - LABEL_GAP;
    shifts[label.at] = Math.round(label.to - label.y);
  }
  return shifts;
}
