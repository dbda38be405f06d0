import { describe, expect, it } from "vitest";
import { isEmpty, labelShifts, lastKnown, limitSeries, quantiles, slices, type ChartData } from "../charts/data";

const many = (unit: ChartData["unit"] = "count"): ChartData => ({
  kind: "line",
  unit,
  times: ["2026-11-01", "2026-11-02"],
  series: [7, 6, 5, 4, 3, 2, 1].map((size) => ({ name: `s${size}`, values: [size, size === 1 ? null : size] })),
});

describe("limitSeries", () => {
  it("keeps the five largest and sums the rest", () => {
    const kept = limitSeries(many(), "Other");
    expect(kept.map((series) => series.name)).toEqual(["s7", "s6", "s5", "s4", "s3", "Other"]);
    expect(kept[5]?.values).toEqual([3, 2]);
  });

  it("does not add up what has no sum", () => {
    expect(limitSeries(many("percent"), "Other").map((series) => series.name)).toEqual(["s7", "s6", "s5", "s4", "s3"]);
  });

  it("leaves five alone, in their order", () => {
    const data = { ...many(), series: many().series!.slice(2).reverse() };
    expect(limitSeries(data, "Other").map((series) => series.name)).toEqual(["s1", "s2", "s3", "s4", "s5"]);
  });
});

describe("slices", () => {
  it("puts the small ones together and drops nothing of the sum", () => {
    const data: ChartData = { kind: "pie", categories: ["a", "b", "c", "d", "e", "f", "g", "h"], series: [{ name: "n", values: [8, 7, 6, 5, 4, 3, 0, 2] }] };
    const parts = slices(data, "Other");
    expect(parts.map((part) => [part.name, part.value])).toEqual([["a", 8], ["b", 7], ["c", 6], ["d", 5], ["e", 4], ["Other", 5]]);
  });
});

describe("quantiles", () => {
  it("gives classes of equal size, so one huge value does not turn the rest pale", () => {
    expect(quantiles([1, 2, 3, 4, 5, 1000], 3)).toEqual([2, 4, 1000]);
    expect(quantiles([0, null, 0], 6)).toEqual([]);
    expect(quantiles([5, 5, 5], 6)).toEqual([5]);
  });
});

describe("labelShifts", () => {
  it("keeps names at the ends of lines from covering each other", () => {
    const ends = [100, 50, 49, 48];
    const shifts = labelShifts(ends.map((end) => [0, end]), 200);
    const places = ends.map((end, at) => 200 * (1 - end / 108) + shifts[at]!).sort((a, b) => a - b);
    places.slice(1).forEach((place, at) => expect(place - places[at]!).toBeGreaterThanOrEqual(14));
    expect(shifts[0]).toBe(0);
  });

  it("keeps them above the axis", () => {
    const shifts = labelShifts([[0], [0], [0], [100]], 200);
    expect(Math.max(...shifts)).toBeLessThanOrEqual(0);
  });
});

describe("lastKnown", () => {
  it("is the hour that runs, not the last of the day", () => {
    expect(lastKnown([8, 0, 3, null, null])).toBe(2);
    expect(lastKnown([8, null, 3])).toBe(2);
    expect(lastKnown([null])).toBe(-1);
  });
});

describe("isEmpty", () => {
  it("tells nothing from something", () => {
    expect(isEmpty({ kind: "line", times: ["2026-11-01"], series: [{ name: "n", values: [0] }] })).toBe(true);
    expect(isEmpty({ kind: "line", times: ["2026-11-01"], series: [{ name: "n", values: [0], comparison: [2] }] })).toBe(false);
    expect(isEmpty({ kind: "gauge", value: 0 })).toBe(false);
  });
});
