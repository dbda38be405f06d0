import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Rgb = [number, number, number];

const css = readFileSync("static/src/css/tokens.css", "utf8");
const app = readFileSync("static/src/css/app.css", "utf8");

function block(theme: "light" | "dark"): string {
  const starts = theme === "light" ? css.indexOf(":root,\n") : css.indexOf('\n[data-theme="dark"] {');
  return css.slice(starts, css.indexOf("\n}", starts));
}

function surfaces(theme: string): string {
  const starts = app.indexOf(`name: "${theme}"`);
  return app.slice(starts, app.indexOf("\n}", starts));
}

function color(text: string, name: string): Rgb {
  const hex = new RegExp(`${name}: #([0-9a-f]{6})`).exec(text)?.[1];
  if (!hex) throw new Error(`${name} is not a plain colour`);
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as Rgb;
}

const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const luminance = (rgb: Rgb) => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);

function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}

// Machado, Oliveira and Fernandes (2009), full severity, on linear light.
const EYES: Record<string, Rgb[]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function seen(rgb: Rgb, eyes: Rgb[]): Rgb {
  const light = rgb.map(linear) as Rgb;
  return oklab(eyes.map((row) => Math.max(0, Math.min(1, row[0] * light[0] + row[1] * light[1] + row[2] * light[2]))) as Rgb);
}

const distance = (a: Rgb, b: Rgb) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe.each(["light", "dark"] as const)("%s theme", (theme) => {
  const tokens = block(theme);
  const surface = color(surfaces(theme), "--color-base-100");
  const page = color(surfaces(theme), "--color-base-200");

  it.each(["--muted", "--subtle", "--accent"])("%s can be read on cards and on the page", (name) => {
    expect(contrast(color(tokens, name), surface)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(color(tokens, name), page)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["success", "warning", "error", "info"])("%s can be read as text and on its soft ground", (name) => {
    const tone = { success: "good", warning: "attention", error: "bad", info: "info" }[name];
    const text = color(surfaces(theme), `--color-${name}`);
    expect(contrast(text, surface)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(text, color(tokens, `--${tone}-soft`))).toBeGreaterThanOrEqual(4.5);
  });

  it("borders of controls are seen", () => {
    expect(contrast(color(tokens, "--control-line"), surface)).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.keys(EYES))("categories are told apart by %s eyes", (eyes) => {
    const colors = [1, 2, 3, 4, 5].map((at) => seen(color(tokens, `--chart-${at}`), EYES[eyes]!));
    const gaps = colors.flatMap((one, at) => colors.slice(at + 1).map((other) => distance(one, other)));
    expect(Math.min(...gaps)).toBeGreaterThan(0.08);
  });

  it("the sequence grows evenly away from the surface", () => {
    const steps = [1, 2, 3, 4, 5, 6].map((at) => Math.abs(oklab(color(tokens, `--seq-${at}`).map(linear) as Rgb)[0] - oklab(surface.map(linear) as Rgb)[0]));
    steps.slice(1).forEach((step, at) => expect(step - steps[at]!).toBeGreaterThan(0.03));
  });
});
