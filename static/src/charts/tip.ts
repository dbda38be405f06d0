import { el, locale } from "../lib/dom";
import { change } from "../lib/format";
import type { Value } from "./data";
import { points } from "./data";
import type { Frame } from "./frame";

function swatch(frame: Frame, at: number): HTMLElement {
  const name = frame.series[at]?.key === "other" ? "other" : frame.series.length === 1 ? "accent" : String(at + 1);
  return el("i", { class: `legend-swatch swatch-${name}` });
}

function row(mark: Node | null, name: string, text: string, quiet = false): HTMLElement {
  return el("div", { class: quiet ? "chart-tip-row is-quiet" : "chart-tip-row" }, mark ?? el("i", {}), el("span", {}, name), el("b", {}, text));
}

function say(frame: Frame, value: Value | undefined): string {
  return value === null || value === undefined ? "–" : frame.format.full(value);
}

function tone(frame: Frame, now: number, before: number): string {
  const better = frame.data.better ?? "none";
  if (now === before || better === "none") return "";
  return (now > before) === (better === "up") ? " tone-good" : " tone-bad";
}

/** The hover card of one point: value, comparison, change. Made of nodes, not of markup with styles. */
export function axisTip(frame: Frame, at: number): HTMLElement {
  const { data, series } = frame;
  const tip = el("div", { class: "chart-tip" }, el("div", { class: "chart-tip-title" }, frame.longLabel(points(data)[at] ?? "")));
  series.forEach((item, index) => tip.append(row(swatch(frame, index), item.name, say(frame, item.values[at]))));
  const single = series.length === 1 ? series[0] : undefined;
  if (single?.comparison) {
    const before = single.comparison[at];
    const when = data.comparison_times?.[at];
    const name = when ? frame.longLabel(when) : data.comparison_name ?? "";
    tip.append(row(el("i", { class: "legend-swatch swatch-compare" }), name, say(frame, before), true));
    const now = single.values[at];
    const said = change(now, before, locale());
    if (said) tip.append(el("div", { class: `chart-tip-note${tone(frame, now ?? 0, before ?? 0)}` }, `${frame.word("change")} ${said}`));
  }
  const band = data.band;
  if (band) tip.append(row(null, band.name, `${say(frame, band.lower[at])} – ${say(frame, band.upper[at])}`, true));
  for (const note of data.annotations ?? []) {
    if (note.at === points(data)[at]) tip.append(el("div", { class: "chart-tip-note" }, note.label));
  }
  if (data.open && at === points(data).length - 1) tip.append(el("div", { class: "chart-tip-note" }, frame.word("open")));
  return tip;
}

export function plainTip(title: string, name: string, text: string, note = ""): HTMLElement {
  return el("div", { class: "chart-tip" }, title ? el("div", { class: "chart-tip-title" }, title) : null, row(null, name, text), note ? el("div", { class: "chart-tip-note" }, note) : null);
}

/** The box of the library's tooltip carries no look of its own; ours does. */
export function tooltip(formatter: (params: never) => HTMLElement, trigger: "axis" | "item"): object {
  return { trigger, confine: true, backgroundColor: "transparent", borderWidth: 0, padding: 0, extraCssText: "box-shadow:none", transitionDuration: 0.08, formatter };
}
