import { HeatmapChart } from "echarts/charts";
import { GridComponent, TooltipComponent, VisualMapPiecewiseComponent } from "echarts/components";
import { use } from "echarts/core";
import { baseOption, type Frame, type Kind } from "./frame";
import { pieces } from "./scale";
import { plainTip, tooltip } from "./tip";

use([HeatmapChart, GridComponent, TooltipComponent, VisualMapPiecewiseComponent]);

function axis(frame: Frame, data: string[], rows: boolean): object {
  const { theme } = frame;
  return { type: "category", data, inverse: rows || frame.rtl, position: rows && frame.rtl ? "right" : undefined, axisLine: { show: false }, axisTick: { show: false }, splitArea: { show: false }, axisLabel: { color: theme.subtle, fontSize: 11, margin: 8, hideOverlap: true, interval: rows ? 0 : "auto" } };
}

function option(frame: Frame): object {
  const { data, theme, format } = frame;
  const rows = data.rows ?? [];
  const columns = data.columns ?? [];
  const cells = (data.values ?? []).flatMap((row, y) => row.map((value, x) => [x, y, value ?? 0]));
  return {
    ...baseOption(frame),
    animation: false,
    grid: { left: 4, right: 4, top: 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: axis(frame, columns, false),
    yAxis: axis(frame, rows, true),
    visualMap: { type: "piecewise", show: false, dimension: 2, pieces: pieces((data.values ?? []).flat(), theme) },
    tooltip: tooltip(({ value }: { value: [number, number, number] }) => plainTip(`${rows[value[1]] ?? ""} ${columns[value[0]] ?? ""}`, data.name ?? data.series?.[0]?.name ?? "", format.full(value[2])), "item"),
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: theme.surface, borderWidth: frame.narrow ? 1 : 2, borderRadius: 4 }, emphasis: { itemStyle: { borderColor: theme.text, borderWidth: 1 } }, progressive: 0 }],
  };
}

export const kind: Kind = { option, axis: false };
