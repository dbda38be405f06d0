/** Points of a sparkline in a box of 120 by 32; the same geometry as the server's `spark` tag. */
export function spark(values: readonly (number | null)[], width = 120): { line: string; area: string } {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return { line: "", area: "" };
  const least = Math.min(...known);
  const high = Math.max(...known);
  const low = least < 0 ? least : Math.max(0, least - (high - least) * 0.3);
  const span = high - low || 1;
  const step = width / Math.max(1, values.length - 1);
  const at = values.flatMap((value, index) => (value === null ? [] : [[index * step, 30 - ((value - low) / span) * 28] as const]));
  const line = at.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  return { line, area: `${at[0]![0].toFixed(1)},32 ${line} ${at.at(-1)![0].toFixed(1)},32` };
}

/** Redraws a sparkline made by the component. */
export function redrawSpark(svg: Element, values: readonly (number | null)[]): void {
  const { line, area } = spark(values);
  if (!line) return;
  svg.querySelector(".spark-flat")?.remove();
  for (const [tag, name, points] of [["polygon", "spark-area", area], ["polyline", "spark-line", line]] as const) {
    const node = svg.querySelector(`.${name}`) ?? svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", tag));
    node.setAttribute("class", name);
    node.setAttribute("points", points);
  }
}
