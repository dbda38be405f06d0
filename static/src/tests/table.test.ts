import { describe, expect, it } from "vitest";
import type { Frame } from "../charts/frame";
import { csvCell, csvOf, gridOf } from "../charts/table";
import { numbers, times } from "../lib/format";

function frame(): Frame {
  const clock = times("day", "en");
  const data = {
    kind: "line", unit: "money", currency: "EUR", grain: "day", times: ["2026-11-01", "2026-11-02"], comparison_name: "Before",
    series: [{ name: "Sales", values: [112, null], comparison: [100, 5] }],
  } as const;
  return { data, series: data.series, format: numbers("money", "en", "EUR"), label: clock.axis, longLabel: clock.full, word: (name: string) => name } as unknown as Frame;
}

describe("the table twin", () => {
  it("holds what the picture shows", () => {
    expect(gridOf(frame())).toEqual({
      head: ["time", "Sales", "Sales: Before", "change"],
      rows: [["Sunday, November 1", 112, 100, "+12%"], ["Monday, November 2", null, 5, ""]],
    });
  });
});

describe("CSV", () => {
  it("has raw times and bare numbers", () => {
    expect(csvOf(frame())).toBe("time,Sales,Sales: Before,change\r\n2026-11-01,112,100,+12%\r\n2026-11-02,,5,\r\n");
  });

  it("quotes and does not run formulas", () => {
    expect(csvCell('a "b", c')).toBe('"a ""b"", c"');
    expect(csvCell("=1+1")).toBe("'=1+1");
    expect(csvCell("@SUM(A1)")).toBe("'@SUM(A1)");
    expect(csvCell("-12")).toBe("-12");
    expect(csvCell(-12)).toBe("-12");
  });
});
