let context: CanvasRenderingContext2D | null = null;

/** Any CSS colour as `rgba(…)`: the chart library reads neither `oklch()` nor `color-mix()`. */
export function rgba(color: string): string {
  context ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  if (!context) return color;
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
  return `rgba(${r},${g},${b},${Math.round(((a ?? 255) / 255) * 1000) / 1000})`;
}

/** Reads a token as the element sees it; a probe resolves nested variables and mixes. */
export function token(host: HTMLElement, name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  host.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return rgba(color);
}

export function fade(color: string, alpha: number): string {
  const parts = /rgba\((\d+),(\d+),(\d+)/.exec(color);
  return parts ? `rgba(${parts[1]},${parts[2]},${parts[3]},${alpha})` : color;
}
