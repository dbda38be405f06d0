import { MapChart } from "echarts/charts";
import { GeoComponent, TooltipComponent, VisualMapPiecewiseComponent } from "echarts/components";
import { registerMap, use } from "echarts/core";
import type { FeatureCollection } from "geojson";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import { cutFeature } from "./antimeridian";
import { baseOption, type Frame, type Kind } from "./frame";
import { ALPHA2 } from "./regions";
import { pieces } from "./scale";
import { plainTip, tooltip } from "./tip";

use([MapChart, GeoComponent, TooltipComponent, VisualMapPiecewiseComponent]);

const ANTARCTICA = "010";
let ready = false;

async function prepare(): Promise<void> {
  if (ready) return;
  const topology = (await import("world-atlas/countries-110m.json")).default as unknown as Topology;
  const world = feature(topology, topology.objects["countries"] as GeometryCollection) as FeatureCollection;
  const features = world.features.filter((country) => country.id !== ANTARCTICA);
  features.forEach(cutFeature);
  for (const country of features) country.properties = { name: ALPHA2.get(String(country.id)) ?? String(country.properties?.["name"] ?? "") };
  registerMap("world", { type: "FeatureCollection", features } as never);
  ready = true;
}

// Equal Earth: areas keep their size, so a large colour is a large country.
const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796];
const M = Math.sqrt(3) / 2;
const RAD = Math.PI / 180;

function height(t: number): number {
  return t * (A1 + A2 * t ** 2 + t ** 6 * (A3 + A4 * t ** 2));
}

function slope(t: number): number {
  return A1 + 3 * A2 * t ** 2 + t ** 6 * (7 * A3 + 9 * A4 * t ** 2);
}

export function project([longitude, latitude]: [number, number]): [number, number] {
  const t = Math.asin(M * Math.sin(latitude * RAD));
  return [((longitude * RAD * Math.cos(t)) / (M * slope(t))) / RAD, -height(t) / RAD];
}

export function unproject([x, y]: [number, number]): [number, number] {
  const wanted = -y * RAD;
  let t = wanted;
  for (let turn = 0; turn < 12; turn += 1) t -= (height(t) - wanted) / slope(t);
  const latitude = Math.asin(Math.max(-1, Math.min(1, Math.sin(t) / M))) / RAD;
  return [((M * x * RAD * slope(t)) / Math.cos(t)) / RAD, latitude];
}

function option(frame: Frame): object {
  const { data, theme, format } = frame;
  const values = data.series?.[0]?.values ?? [];
  const regions = data.regions ?? [];
  return {
    ...baseOption(frame),
    animation: false,
    visualMap: { type: "piecewise", show: false, pieces: pieces(values, theme) },
    tooltip: tooltip(({ name, value }: { name: string; value: number }) => plainTip("", frame.longLabel(name), Number.isNaN(value) ? "–" : format.full(value)), "item"),
    series: [{
      type: "map", map: "world", name: data.series?.[0]?.name, projection: { project, unproject }, roam: false, selectedMode: false, left: 0, right: 0, top: 4, bottom: 4,
      data: regions.map((name, at) => ({ name, value: values[at] ?? 0 })),
      itemStyle: { areaColor: theme.empty, borderColor: theme.surface, borderWidth: 0.6 },
      emphasis: { label: { show: false }, itemStyle: { areaColor: null, borderColor: theme.text, borderWidth: 1 } },
      label: { show: false },
    }],
  };
}

export const kind: Kind = { option, axis: false, prepare };
