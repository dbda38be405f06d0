import { init, use, type ECharts, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { el } from "../lib/dom";
import { isEmpty, points, type ChartData } from "./data";
import { frameOf, type Frame, type Kind } from "./frame";
import { axisTip } from "./tip";
import { csvOf, tableOf } from "./table";

use([CanvasRenderer]);

type KindName = ChartData["kind"];

const LOADERS: Record<KindName, () => Promise<{ kind: Kind }>> = {
  line: () => import("./line"),
  area: () => import("./line"),
  bar: () => import("./bar"),
  stacked: () => import("./bar"),
  pie: () => import("./pie"),
  heatmap: () => import("./heatmap"),
  map: () => import("./map"),
  funnel: () => import("./funnel"),
  gauge: () => import("./gauge"),
};

/** A drawn chart: its picture, its table, its keys. */
export class Mounted {
  readonly #host: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #kind: Kind;
  readonly #chart: ECharts;
  #data: ChartData;
  #frame: Frame;
  #at = -1;

  constructor(host: HTMLElement, canvas: HTMLElement, kind: Kind, data: ChartData) {
    this.#host = host;
    this.#canvas = canvas;
    this.#kind = kind;
    this.#data = data;
    this.#frame = frameOf(host, data, canvas.clientWidth, canvas.clientHeight);
    this.#chart = init(canvas, undefined, { renderer: "canvas" });
    this.#chart.on("click", (event) => !kind.axis && this.#follow(this.#pointOf(event as { dataIndex: number; name: string })));
    this.#chart.getZr().on("click", (event: { offsetX: number; offsetY: number }) => this.#clicked(event));
    canvas.addEventListener("keydown", this.#keys);
    canvas.addEventListener("blur", () => this.#hideTip());
    this.draw();
  }

  draw(data: ChartData = this.#data): void {
    this.#data = data;
    this.#frame = frameOf(this.#host, data, this.#canvas.clientWidth, this.#canvas.clientHeight);
    this.#chart.setOption(this.#kind.option(this.#frame) as EChartsCoreOption, { notMerge: true });
  }

  resize(): void {
    this.#chart.resize();
    if (this.#frame.narrow !== this.#canvas.clientWidth < 480) this.draw();
  }

  dispose(): void {
    this.#canvas.removeEventListener("keydown", this.#keys);
    this.#chart.dispose();
  }

  table(caption: string): HTMLElement {
    return tableOf(this.#frame, caption);
  }

  csv(): string {
    return csvOf(this.#frame);
  }

  png(): string {
    return this.#chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: this.#frame.theme.surface });
  }

  get empty(): boolean {
    return isEmpty(this.#data);
  }

  #pointOf(event: { dataIndex: number; name: string }): number {
    return this.#data.kind === "pie" ? (this.#data.categories ?? []).indexOf(event.name) : event.dataIndex;
  }

  #follow(at: number): void {
    const href = this.#data.hrefs?.[at];
    if (href) location.assign(href);
  }

  #clicked(event: { offsetX: number; offsetY: number }): void {
    const where = [event.offsetX, event.offsetY];
    if (!this.#kind.axis || !this.#data.hrefs || !this.#chart.containPixel("grid", where)) return;
    const found = this.#chart.convertFromPixel({ gridIndex: 0 }, where) as unknown as number[];
    this.#follow(Math.round(found[this.#data.horizontal ? 1 : 0] ?? -1));
  }

  #keys = (event: KeyboardEvent): void => {
    const last = points(this.#data).length - 1;
    if (last < 0) return;
    const forward = this.#frame.rtl ? "ArrowLeft" : "ArrowRight";
    const back = this.#frame.rtl ? "ArrowRight" : "ArrowLeft";
    const to = { [forward]: this.#at + 1, [back]: this.#at < 0 ? last : this.#at - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) this.#showTip(Math.max(0, Math.min(last, to)));
    else if (event.key === "Enter" && this.#at >= 0) this.#follow(this.#at);
    else if (event.key === "Escape" && this.#at >= 0) this.#hideTip();
    else return;
    event.preventDefault();
  };

  #showTip(at: number): void {
    this.#at = at;
    const seriesIndex = this.#kind.axis && this.#data.kind !== "bar" && this.#data.kind !== "stacked" ? this.#lineAt() : 0;
    this.#chart.dispatchAction({ type: "showTip", seriesIndex, dataIndex: at });
    const said = this.#host.querySelector("[data-chart-said]");
    if (said && this.#kind.axis) said.textContent = [...axisTip(this.#frame, at).children].map((part) => part.textContent).join(", ");
  }

  /** The first drawn line that has this point: shading, bands and the dotted end are series too. */
  #lineAt(): number {
    const series = (this.#chart.getOption()["series"] ?? []) as { data?: unknown[]; z?: number }[];
    const found = series.findIndex((item) => item.z === 3 && item.data?.[this.#at] !== null && item.data?.[this.#at] !== undefined);
    return Math.max(0, found);
  }

  #hideTip(): void {
    this.#at = -1;
    this.#chart.dispatchAction({ type: "hideTip" });
  }
}

export async function mount(host: HTMLElement, canvas: HTMLElement, data: ChartData): Promise<Mounted> {
  const { kind } = await LOADERS[data.kind]();
  await kind.prepare?.();
  canvas.replaceChildren();
  return new Mounted(host, canvas, kind, data);
}

export function legend(host: HTMLElement, data: ChartData): HTMLElement | null {
  const frame = frameOf(host, data, host.clientWidth);
  const compared = frame.series.length === 1 && frame.series[0]?.comparison;
  if (["pie", "map", "heatmap", "gauge", "funnel"].includes(data.kind) || (frame.series.length < 2 && !compared && !data.band)) return null;
  if (data.kind === "line" && frame.series.length > 1 && !frame.narrow) return null;
  const items = frame.series.map((item, at) => {
    const name = item.key === "other" ? "other" : frame.series.length === 1 ? "accent" : String(at + 1);
    return el("span", { class: "legend-item" }, el("i", { class: `legend-swatch swatch-${name}` }), item.name);
  });
  const mark = data.kind === "bar" ? "legend-swatch swatch-compare" : "legend-dashed";
  if (compared) items.push(el("span", { class: "legend-item" }, el("i", { class: mark }), data.comparison_name ?? ""));
  if (data.band) items.push(el("span", { class: "legend-item" }, el("i", { class: "legend-swatch swatch-band" }), data.band.name));
  return el("div", { class: "chart-legend", "aria-hidden": "true" }, ...items);
}
