import { all } from "../lib/dom";
import type { LiveValue } from "../lib/socket";

const WIDTH = 120;

/** The points of a line 32 units high; the same geometry as the server's first drawing. */
export function points(values: (number | null)[]): { line: string; area: string } {
  const known = values.flatMap((value, index) => (value === null ? [] : [[index, value] as const]));
  if (known.length < 2) return { line: "", area: "" };
  const low = Math.min(0, ...known.map(([, value]) => value));
  const span = Math.max(...known.map(([, value]) => value)) - low || 1;
  const step = WIDTH / Math.max(1, values.length - 1);
  const pairs = known.map(([index, value]) => `${(index * step).toFixed(1)},${(30 - ((value - low) / span) * 28).toFixed(1)}`);
  const first = (known[0]![0] * step).toFixed(1);
  const last = (known[known.length - 1]![0] * step).toFixed(1);
  return { line: pairs.join(" "), area: `${first},32 ${pairs.join(" ")} ${last},32` };
}

function shape(tag: string, name: string, drawn: string): SVGElement {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  node.setAttribute("class", name);
  node.setAttribute("points", drawn);
  return node;
}

/** Small lines beside live figures follow the socket: `data-live-spark="topic:key"`. */
export function watchSparks(): void {
  document.addEventListener("live:metrics", (event) => {
    const message = (event as CustomEvent<{ topic: string; values: Record<string, LiveValue & { series?: (number | null)[] }> }>).detail;
    for (const [key, value] of Object.entries(message.values)) {
      if (!value.series) continue;
      const drawn = points(value.series);
      for (const svg of all(`[data-live-spark="${CSS.escape(`${message.topic}:${key}`)}"]`)) {
        svg.replaceChildren(shape("polygon", "spark-area", drawn.area), shape("polyline", "spark-line", drawn.line));
      }
    }
  });
}
