import { BarChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { locale } from "../lib/dom";
import { baseOption, grid, valueAxis, type Frame, type Kind } from "./frame";
import { plainTip, tooltip } from "./tip";

use([BarChart, GridComponent, TooltipComponent]);

function share(part: number, whole: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(whole ? part / whole : 0);
}

/** Steps as columns: how many came, and behind them, pale, how many were lost since the step before. */
function option(frame: Frame): object {
  const { theme, format } = frame;
  const steps = frame.data.categories ?? [];
  const values = (frame.series[0]?.values ?? []).map((value) => value ?? 0);
  const first = values[0] ?? 0;
  const lost = values.map((value, at) => (at ? Math.max(0, (values[at - 1] ?? 0) - value) : 0));
  const note = (at: number) => (at ? `${frame.word("lost")} ${format.full(lost[at] ?? 0)} (${share(lost[at] ?? 0, values[at - 1] ?? 0)})` : "");
  const label = {
    show: true,
    position: "top",
    distance: 6,
    color: theme.muted,
    fontSize: 12,
    formatter: ({ dataIndex }: { dataIndex: number }) => `{v|${format.short(values[dataIndex] ?? 0)}}\n${share(values[dataIndex] ?? 0, first)}`,
    rich: { v: { color: theme.text, fontWeight: 600, fontSize: 14, lineHeight: 20 } },
  };
  const shape = { type: "bar", stack: "steps", barCategoryGap: frame.narrow ? "12%" : "16%", cursor: "default" };
  return {
    ...baseOption(frame),
    grid: { ...grid(frame), top: 40 },
    xAxis: { type: "category", data: steps, inverse: frame.rtl, axisLine: { lineStyle: { color: theme.line } }, axisTick: { show: false }, axisLabel: { color: theme.muted, interval: 0, width: frame.narrow ? 64 : 130, overflow: "break", margin: 10, fontSize: frame.narrow ? 11 : 12 } },
    yAxis: { ...valueAxis(frame), min: 0, max: first || undefined, splitLine: { show: false }, axisLabel: { show: false } },
    tooltip: tooltip((params: { dataIndex: number }) => plainTip(steps[params.dataIndex] ?? "", frame.series[0]?.name ?? "", `${format.full(values[params.dataIndex] ?? 0)} · ${share(values[params.dataIndex] ?? 0, first)}`, note(params.dataIndex)), "item"),
    series: [
      { ...shape, label, z: 3, data: values, itemStyle: { color: theme.accent }, emphasis: { itemStyle: { color: theme.accent } } },
      { ...shape, data: lost, z: 2, itemStyle: { color: theme.empty, borderRadius: [4, 4, 0, 0] }, emphasis: { itemStyle: { color: theme.empty } } },
    ],
  };
}

export const kind: Kind = { option, axis: false };
