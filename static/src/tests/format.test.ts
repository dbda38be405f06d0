import { describe, expect, it } from "vitest";
import { bytes, change, duration, isWeekend, numbers, relative, times } from "../lib/format";

const plain = (text: string) => text.replace(/[\u00a0\u202f\u2009]/g, " ");

describe("numbers", () => {
  it("writes each unit as people read it", () => {
    expect(numbers("count", "en").full(1204)).toBe("1,204");
    expect(numbers("count", "en").short(12_480)).toBe("12.5K");
    expect(numbers("percent", "en").full(0.184)).toBe("18.4%");
    expect(plain(numbers("percent", "de").full(0.18))).toBe("18 %");
    expect(numbers("money", "en", "EUR").full(1204.5)).toBe("€1,204.50");
    expect(plain(numbers("money", "de", "EUR").full(1204.5))).toBe("1.204,50 €");
    expect(plain(numbers("duration", "en").full(200))).toBe("3 min 20 sec");
    expect(plain(numbers("duration", "en").short(200))).toBe("3 min");
  });

  it("writes sizes by steps of 1024", () => {
    const sizes = [0, 1023, 1024, 10.5 * 1024 ** 2, 1024 ** 3, 2048 * 1024 ** 3].map((size) => plain(bytes(size, "en")));
    expect(sizes).toEqual(["0 byte", "1,023 byte", "1 kB", "10.5 MB", "1 GB", "2,048 GB"]);
    expect(plain(bytes(1.5 * 1024 ** 3, "de"))).toBe("1,5 GB");
  });

  it("keeps short and long durations readable", () => {
    expect(plain(duration(0, "en"))).toBe("0 sec");
    expect(plain(duration(0.24, "en"))).toBe("240 ms");
    expect(plain(duration(3600, "en"))).toBe("1 hr");
    expect(plain(duration(93_784, "en"))).toBe("1 day 2 hr");
  });
});

describe("change", () => {
  it("says by how much, with a sign", () => {
    expect(change(112, 100, "en")).toBe("+12%");
    expect(change(104.1, 100, "en")).toBe("+4.1%");
    expect(change(82, 100, "en")).toBe("-18%");
    expect(change(100, 100, "en")).toBe("0%");
  });

  it("says nothing without a base", () => {
    expect(change(5, 0, "en")).toBe("");
    expect(change(5, null, "en")).toBe("");
    expect(change(null, 5, "en")).toBe("");
  });
});

describe("times", () => {
  it("are the organization's own, whatever the browser's zone", () => {
    expect(times("day", "en").full("2026-11-20")).toBe("Friday, November 20");
    expect(plain(times("hour", "en").axis("2026-11-20T14:00"))).toBe("2:00 PM");
    expect(times("month", "de").full("2026-11-01")).toBe("November 2026");
    expect(isWeekend("2026-11-21")).toBe(true);
    expect(isWeekend("2026-11-20")).toBe(false);
  });

  it("are relative for a day, then dates", () => {
    const now = new Date(2026, 10, 20, 12);
    const ago = (minutes: number) => relative(new Date(now.getTime() - minutes * 60_000), now, "en");
    expect(ago(0)).toBe("now");
    expect(ago(3)).toBe("3 minutes ago");
    expect(ago(120)).toBe("2 hours ago");
    expect(ago(60 * 24 * 9)).toBe("Nov 11");
    expect(ago(60 * 24 * 400)).toBe("Oct 16, 2025");
  });
});
