import type { ECharts, EChartsCoreOption } from "echarts/core";
import { fade, token } from "../lib/colors";
import { locale, word } from "../lib/dom";
import { numbers, times, type NumberFormats } from "../lib/format";
import type { ChartData, Series } from "./data";
import { limitSeries } from "./data";

export interface Theme {
  surface: string;
  text: string;
  muted: string;
  subtle: string;
  line: string;
  grid: string;
  accent: string;
  compare: string;
  weekend: string;
  band: string;
  empty: string;
  palette: string[];
  other: string;
  sequence: string[];
  font: string;
}

/** Everything a kind of chart needs to draw itself. */
export interface Frame {
  data: ChartData;
  series: Series[];
  theme: Theme;
  format: NumberFormats;
  label(point: string): string;
  longLabel(point: string): string;
  narrow: boolean;
  height: number;
  still: boolean;
  rtl: boolean;
  word(name: string): string;
}

export interface Kind {
  option(frame: Frame): object;
  /** Charts with a category axis answer to the arrow keys and to a click anywhere in a column. */
  axis: boolean;
  prepare?(): Promise<void>;
}

export type Chart = ECharts;

export function readTheme(host: HTMLElement): Theme {
  const read = (name: string) => token(host, name);
  return {
    surface: read("--color-base-100"),
    text: read("--color-base-content"),
    muted: read("--muted"),
    subtle: read("--subtle"),
    line: read("--line"),
    grid: read("--chart-grid"),
    accent: read("--accent"),
    compare: read("--chart-compare"),
    weekend: read("--chart-weekend"),
    band: read("--chart-band"),
    empty: read("--chart-empty"),
    palette: [1, 2, 3, 4, 5].map((at) => read(`--chart-${at}`)),
    other: read("--chart-other"),
    sequence: [1, 2, 3, 4, 5, 6].map((at) => read(`--seq-${at}`)),
    font: getComputedStyle(host).fontFamily,
  };
}

export function frameOf(host: HTMLElement, data: ChartData, width: number, height = 300): Frame {
  const language = locale();
  const clock = data.times ? times(data.grain ?? "day", language) : null;
  const regions = data.regions ? new Intl.DisplayNames(language, { type: "region", fallback: "code" }) : null;
  const named = (point: string) => (regions ? regions.of(point) ?? point : point);
  return {
    data,
    series: limitSeries(data, word(host, "other")),
    theme: readTheme(host),
    format: numbers(data.unit ?? "count", language, data.currency),
    label: clock ? clock.axis : named,
    longLabel: clock ? clock.full : named,
    narrow: width < 480,
    height,
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
    rtl: getComputedStyle(host).direction === "rtl",
    word: (name) => word(host, name),
  };
}

/** One series speaks in the accent; several in the colour-blind-safe palette. */
export function colorOf(frame: Frame, at: number): string {
  if (frame.series[at]?.key === "other") return frame.theme.other;
  return frame.series.length === 1 ? frame.theme.accent : frame.theme.palette[at] ?? frame.theme.other;
}

export function baseOption(frame: Frame): EChartsCoreOption {
  const { theme, still } = frame;
  return {
    animation: !still,
    animationDuration: 260,
    animationDurationUpdate: 200,
    animationEasing: "cubicOut",
    textStyle: { fontFamily: theme.font, fontSize: 12, color: theme.muted },
    aria: { enabled: false },
  };
}

export function grid(frame: Frame, right = 8): object {
  return { left: 4, right: frame.narrow ? 4 : right, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" };
}

export function categoryAxis(frame: Frame, labels: string[], vertical = false, edges = false): object {
  const { theme } = frame;
  return {
    type: "category",
    data: labels,
    inverse: vertical ? true : frame.rtl,
    axisLine: { show: !vertical, lineStyle: { color: theme.line } },
    axisTick: { show: false },
    axisLabel: {
      color: theme.subtle,
      fontSize: 11,
      margin: 10,
      hideOverlap: true,
      alignMinLabel: !edges ? undefined : frame.rtl ? "right" : "left",
      alignMaxLabel: !edges ? undefined : frame.rtl ? "left" : "right",
      ...(vertical ? { width: frame.narrow ? 96 : 150, overflow: "truncate", color: theme.muted, fontSize: 12 } : {}),
    },
  };
}

export function valueAxis(frame: Frame, vertical = false): object {
  const { theme, format } = frame;
  return {
    type: "value",
    position: !vertical && frame.rtl ? "right" : undefined,
    splitNumber: frame.narrow ? 3 : 4,
    minInterval: (frame.data.unit ?? "count") === "count" ? 1 : undefined,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { show: true, color: theme.subtle, fontSize: 11, formatter: (value: number) => format.short(value) },
    splitLine: { show: !frame.narrow, lineStyle: { color: theme.grid } },
  };
}

export function areaUnder(color: string): object {
  const stops = [{ offset: 0, color: fade(color, 0.2) }, { offset: 1, color: fade(color, 0) }];
  return { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: stops } };
}
