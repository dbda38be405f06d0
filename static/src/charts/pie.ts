import { PieChart } from "echarts/charts";
import { TitleComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { locale } from "../lib/dom";
import { slices, total } from "./data";
import { baseOption, type Frame, type Kind } from "./frame";
import { plainTip, tooltip } from "./tip";

use([PieChart, TitleComponent, TooltipComponent]);

function option(frame: Frame): object {
  const { theme, format } = frame;
  const parts = slices(frame.data, frame.word("other"));
  const sum = total(parts.map((part) => part.value));
  const percent = new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 });
  const center = ["50%", "50%"];
  return {
    ...baseOption(frame),
    title: {
      text: format.short(sum), subtext: frame.data.total_label ?? frame.series[0]?.name ?? "", left: "center", top: "center", itemGap: 6,
      textStyle: { color: theme.text, fontSize: 22, fontWeight: 600, fontFamily: theme.font }, subtextStyle: { color: theme.muted, fontSize: 12, fontFamily: theme.font },
    },
    tooltip: tooltip((params: { dataIndex: number }) => {
      const part = parts[params.dataIndex];
      return plainTip(frame.series[0]?.name ?? "", part?.name ?? "", `${format.full(part?.value ?? 0)} · ${percent.format((part?.value ?? 0) / (sum || 1))}`);
    }, "item"),
    series: [{
      type: "pie", radius: frame.narrow ? ["42%", "58%"] : ["56%", "78%"], center, padAngle: 1.5, minAngle: 3, labelLayout: { hideOverlap: true }, startAngle: 90,
      itemStyle: { borderRadius: 4 }, emphasis: { scaleSize: 3 }, clockwise: !frame.rtl,
      label: { color: theme.muted, fontSize: 12, lineHeight: 16, formatter: ({ dataIndex }: { dataIndex: number }) => `{n|${parts[dataIndex]?.name ?? ""}}\n${percent.format((parts[dataIndex]?.value ?? 0) / (sum || 1))}`, rich: { n: { color: theme.text, fontWeight: 500 } }, overflow: "truncate", width: frame.narrow ? 72 : 120 },
      labelLine: { length: 8, length2: 10, lineStyle: { color: theme.line } },
      data: parts.map((part, at) => ({ name: part.name, value: part.value, itemStyle: { color: part.other ? theme.other : theme.palette[at] } })),
    }],
  };
}

export const kind: Kind = { option, axis: false };
