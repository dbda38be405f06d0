import { BarChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { fade } from "../lib/colors";
import { points } from "./data";
import { baseOption, categoryAxis, colorOf, grid, valueAxis, type Frame, type Kind } from "./frame";
import { axisTip, tooltip } from "./tip";

use([BarChart, GridComponent, TooltipComponent]);

function corners(frame: Frame): number[] {
  if (frame.data.kind === "stacked") return [0, 0, 0, 0];
  if (!frame.data.horizontal) return [3, 3, 0, 0];
  return frame.rtl ? [3, 0, 0, 3] : [0, 3, 3, 0];
}

function bars(frame: Frame): object[] {
  const stacked = frame.data.kind === "stacked";
  return frame.series.flatMap((item, at) => {
    const color = colorOf(frame, at);
    const last = item.values.length - 1;
    const data = item.values.map((value, index) => (frame.data.open && index === last ? { value, itemStyle: { color: fade(color, 0.45) } } : value));
    const shape = { type: "bar", barMaxWidth: 36, barGap: "12%", barCategoryGap: frame.data.horizontal ? "34%" : "28%" };
    const border = stacked ? { borderColor: frame.theme.surface, borderWidth: 1 } : {};
    const made: object[] = [{ ...shape, name: item.name, data, stack: stacked ? "all" : undefined, itemStyle: { color, borderRadius: corners(frame), ...border }, emphasis: { itemStyle: { color } } }];
    if (item.comparison && frame.series.length === 1) made.unshift({ ...shape, data: item.comparison, silent: true, itemStyle: { color: fade(frame.theme.compare, 0.32), borderRadius: corners(frame) } });
    return made;
  });
}

function option(frame: Frame): object {
  const down = Boolean(frame.data.horizontal);
  const category = categoryAxis(frame, points(frame.data).map(frame.label), down);
  const value = { ...valueAxis(frame, down), min: 0, inverse: down && frame.rtl };
  return {
    ...baseOption(frame),
    grid: grid(frame),
    xAxis: down ? value : category,
    yAxis: down ? { ...category, position: frame.rtl ? "right" : "left" } : value,
    tooltip: {
      ...tooltip((params: { dataIndex: number }[]) => axisTip(frame, params[0]?.dataIndex ?? 0), "axis"),
      axisPointer: { type: "shadow", shadowStyle: { color: frame.theme.weekend } },
    },
    series: bars(frame),
  };
}

export const kind: Kind = { option, axis: true };
