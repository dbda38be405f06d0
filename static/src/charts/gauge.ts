import { GaugeChart } from "echarts/charts";
import { TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { baseOption, type Frame, type Kind } from "./frame";

use([GaugeChart, TooltipComponent]);

function option(frame: Frame): object {
  const { data, theme, format } = frame;
  const max = data.max ?? Math.max(data.target ?? 0, data.value ?? 0) ?? 1;
  const arc = { type: "gauge", startAngle: 200, endAngle: -20, min: 0, max: max || 1, radius: "96%", center: ["50%", "62%"], axisTick: { show: false }, axisLabel: { show: false }, pointer: { show: false } };
  const target = data.target === undefined ? [] : [{
    ...arc, axisLine: { show: false }, splitLine: { show: false }, detail: { show: false }, data: [{ value: data.target }],
    pointer: { show: true, icon: "rect", width: 2, length: 20, offsetCenter: [0, "-84%"], itemStyle: { color: theme.text } }, anchor: { show: false },
  }];
  return {
    ...baseOption(frame),
    series: [{
      ...arc,
      progress: { show: true, width: 16, roundCap: true, itemStyle: { color: theme.accent } },
      axisLine: { roundCap: true, lineStyle: { width: 16, color: [[1, theme.empty]] } },
      splitLine: { show: false },
      detail: { valueAnimation: false, offsetCenter: [0, "-8%"], formatter: (value: number) => format.short(value), color: theme.text, fontSize: 28, fontWeight: 600, fontFamily: theme.font },
      title: { offsetCenter: [0, "18%"], color: theme.muted, fontSize: 13, fontFamily: theme.font },
      data: [{ value: data.value ?? 0, name: data.target === undefined ? data.name ?? "" : `${frame.word("target")} ${format.short(data.target)}` }],
    }, ...target],
  };
}

export const kind: Kind = { option, axis: false };
