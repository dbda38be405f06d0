import { LineChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { isWeekend } from "../lib/format";
import { labelShifts, lastKnown, points, type Value } from "./data";
import { areaUnder, baseOption, categoryAxis, colorOf, grid, valueAxis, type Frame, type Kind } from "./frame";
import { axisTip, tooltip } from "./tip";

use([LineChart, GridComponent, TooltipComponent, MarkAreaComponent, MarkLineComponent]);

const quiet = { type: "line", silent: true, symbol: "none", tooltip: { show: false }, z: 1 } as const;

function weekends(frame: Frame): object {
  const times = frame.data.grain === "day" && frame.data.times ? frame.data.times : [];
  if (times.length > 120) return {};
  const data = times.flatMap((time, at) => (isWeekend(time) ? [[{ xAxis: Math.max(0, at - 0.5) }, { xAxis: Math.min(times.length - 1, at + 0.5) }]] : []));
  return { markArea: { silent: true, itemStyle: { color: frame.theme.weekend }, data } };
}

function annotations(frame: Frame): object {
  const notes = frame.data.annotations ?? [];
  const known = points(frame.data);
  const data = notes.flatMap((note) => (known.includes(note.at) ? [{ xAxis: known.indexOf(note.at), name: note.label }] : []));
  const label = { formatter: "⚑ {b}", color: frame.theme.muted, fontSize: 11, position: "insideEndTop", rotate: 0, show: !frame.narrow };
  return { markLine: { silent: true, symbol: "none", lineStyle: { color: frame.theme.compare, type: "solid", width: 1 }, label, data } };
}

function band(frame: Frame): object[] {
  const area = frame.data.band;
  if (!area) return [];
  const height = area.upper.map((upper, at) => (upper === null || area.lower[at] === null ? null : upper - (area.lower[at] ?? 0)));
  const bare = { ...quiet, stack: "band", lineStyle: { opacity: 0 } };
  return [{ ...bare, data: area.lower }, { ...bare, data: height, areaStyle: { color: frame.theme.band } }];
}

function only(values: Value[], from: number, to: number): Value[] {
  return values.map((value, at) => (at >= from && at <= to ? value : null));
}

/** Values with nothing on either side: a line has no way to show them. */
function alone(values: Value[]): Value[] {
  return values.map((value, at) => (value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null ? value : null));
}

function lines(frame: Frame & { shifts: number[] }, at: number): object[] {
  const { data, theme } = frame;
  const item = frame.series[at]!;
  const color = colorOf(frame, at);
  const last = lastKnown(item.values);
  const single = frame.series.length === 1;
  const shape = { type: "line", name: item.name, showSymbol: item.values.length === 1, symbol: "circle", symbolSize: 7, connectNulls: false, itemStyle: { color, borderColor: theme.surface, borderWidth: 2 }, emphasis: { disabled: false, lineStyle: { width: 2 } } };
  const fill = single || data.kind === "area" ? { areaStyle: areaUnder(color) } : {};
  const label = single || frame.narrow ? {} : { endLabel: { show: true, formatter: item.name, color, fontSize: 12, distance: 6, offset: [0, frame.shifts[at] ?? 0] } };
  const made: object[] = [];
  if (item.comparison && single) made.push({ ...quiet, data: item.comparison, lineStyle: { color: theme.compare, width: 1.5, type: [4, 4] } });
  if (data.open && last > 0) {
    made.push({ ...shape, ...fill, data: only(item.values, 0, last - 1), lineStyle: { color, width: 2, join: "round", cap: "round" }, z: 3 });
    made.push({ ...shape, data: only(item.values, last - 1, last), lineStyle: { color, width: 2, type: [2, 4] }, z: 3, ...label });
  } else made.push({ ...shape, ...fill, ...label, data: item.values, lineStyle: { color, width: 2, join: "round", cap: "round" }, z: 3 });
  const dots = alone(item.values);
  if (last > 0 && dots.some((value) => value !== null)) made.push({ ...quiet, symbol: "circle", symbolSize: 5, showSymbol: true, data: dots, lineStyle: { opacity: 0 }, itemStyle: { color }, z: 3 });
  return made;
}

function forecast(frame: Frame): object[] {
  const plan = frame.data.forecast;
  if (!plan) return [];
  const skip = Array<Value>(points(frame.data).length).fill(null);
  const at = (values: Value[]) => [...skip, ...values];
  const made: object[] = [{ ...quiet, data: at(plan.values), lineStyle: { color: frame.theme.accent, width: 2, type: [2, 4] } }];
  if (plan.lower && plan.upper) {
    const bare = { ...quiet, stack: "forecast", lineStyle: { opacity: 0 } };
    const height = plan.upper.map((upper, index) => (upper ?? 0) - (plan.lower?.[index] ?? 0));
    made.push({ ...bare, data: at(plan.lower) }, { ...bare, data: at(height), areaStyle: { color: frame.theme.band } });
  }
  return made;
}

function option(frame: Frame): object {
  const labels = [...points(frame.data), ...(frame.data.forecast?.times ?? [])].map(frame.label);
  const shifts = labelShifts(frame.series.map((item) => item.values), frame.height - 40);
  const series = frame.series.flatMap((_, at) => lines({ ...frame, shifts }, at));
  const first = { ...quiet, data: [], ...weekends(frame), ...annotations(frame) };
  const longest = Math.max(...frame.series.map((item) => item.name.length), 0);
  return {
    ...baseOption(frame),
    grid: grid(frame, frame.series.length > 1 ? Math.min(140, 16 + longest * 7) : 8),
    xAxis: { ...categoryAxis(frame, labels, false, true), boundaryGap: false },
    yAxis: { ...valueAxis(frame), min: frame.data.unit === "ratio" ? undefined : 0 },
    tooltip: {
      ...tooltip((params: { dataIndex: number }[]) => axisTip(frame, params[0]?.dataIndex ?? 0), "axis"),
      axisPointer: { type: "line", lineStyle: { color: frame.theme.compare, width: 1, type: "solid" } },
    },
    series: [first, ...band(frame), ...series, ...forecast(frame)],
  };
}

export const kind: Kind = { option, axis: true };
