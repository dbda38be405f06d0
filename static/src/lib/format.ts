export type Unit = "count" | "money" | "percent" | "duration" | "ratio";
export type Grain = "minute" | "hour" | "day" | "week" | "month";

export interface NumberFormats {
  full(value: number): string;
  short(value: number): string;
}

const STEPS: [number, "day" | "hour" | "minute" | "second"][] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];

/** Two largest parts: 200 s is "3 min 20 s". */
export function duration(seconds: number, locale: string, parts = 2): string {
  const sign = seconds < 0 ? "−" : "";
  let rest = Math.round(Math.abs(seconds));
  if (rest < 1 && seconds !== 0) {
    const unit = new Intl.NumberFormat(locale, { style: "unit", unit: "millisecond", unitDisplay: "short" });
    return sign + unit.format(Math.round(Math.abs(seconds) * 1000));
  }
  const said: string[] = [];
  for (const [size, unit] of STEPS) {
    const amount = Math.floor(rest / size);
    if (amount === 0 && !(unit === "second" && said.length === 0)) {
      if (said.length) break;
      continue;
    }
    rest -= amount * size;
    said.push(new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(amount));
    if (said.length === parts) break;
  }
  return sign + said.join(" ");
}

/** `full` for tooltips and tables, `short` for axes and labels. */
export function numbers(unit: Unit, locale: string, currency = "EUR"): NumberFormats {
  if (unit === "duration") return { full: (v) => duration(v, locale), short: (v) => duration(v, locale, 1) };
  const compact = { notation: "compact", maximumFractionDigits: 1 } as const;
  const options: Record<Exclude<Unit, "duration">, [Intl.NumberFormatOptions, Intl.NumberFormatOptions]> = {
    count: [{ maximumFractionDigits: 1 }, compact],
    ratio: [{ maximumFractionDigits: 2 }, { maximumFractionDigits: 2 }],
    percent: [{ style: "percent", maximumFractionDigits: 1 }, { style: "percent", maximumFractionDigits: 1 }],
    money: [{ style: "currency", currency }, { style: "currency", currency, ...compact }],
  };
  const [full, short] = options[unit].map((option) => new Intl.NumberFormat(locale, option)) as [Intl.NumberFormat, Intl.NumberFormat];
  return { full: (v) => full.format(v), short: (v) => short.format(v) };
}

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** A size by steps of 1024, as the server says it: "1.5 MB". */
export function bytes(size: number, locale: string): string {
  const step = Math.min(Math.floor(Math.log2(Math.max(size, 1)) / 10), SIZES.length - 1);
  const options = { style: "unit", unit: SIZES[step] ?? "byte", unitDisplay: "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale, options).format(size / 1024 ** step);
}

/** "+12 %"; nothing where there is no base to compare with. */
export function change(now: number | null | undefined, before: number | null | undefined, locale: string): string {
  if (now === null || now === undefined || before === null || before === undefined || before === 0) return "";
  const share = (now - before) / Math.abs(before);
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: Math.abs(share) < 0.1 ? 1 : 0, signDisplay: "exceptZero" }).format(share);
}

/** Times come as the organization's local time without a zone, so they are read and written as UTC. */
export function parseTime(text: string): Date {
  return new Date(text.length <= 10 ? `${text}T00:00:00Z` : `${text.slice(0, 16)}:00Z`);
}

const AXIS: Record<Grain, Intl.DateTimeFormatOptions> = {
  minute: { hour: "numeric", minute: "2-digit" },
  hour: { hour: "numeric", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  week: { day: "numeric", month: "short" },
  month: { month: "short" },
};
const FULL: Record<Grain, Intl.DateTimeFormatOptions> = {
  minute: { hour: "numeric", minute: "2-digit" },
  hour: { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
  day: { weekday: "long", day: "numeric", month: "long" },
  week: { day: "numeric", month: "long", year: "numeric" },
  month: { month: "long", year: "numeric" },
};

export function times(grain: Grain, locale: string): { axis(text: string): string; full(text: string): string } {
  const axis = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...AXIS[grain] });
  const full = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...FULL[grain] });
  const week = (start: Date) => {
    const end = new Date(start.getTime() + 6 * 86400000);
    return new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...FULL.week }).formatRange(start, end);
  };
  return {
    axis: (text) => axis.format(parseTime(text)),
    full: (text) => (grain === "week" ? week(parseTime(text)) : full.format(parseTime(text))),
  };
}

export function isWeekend(text: string): boolean {
  return [0, 6].includes(parseTime(text).getUTCDay());
}

/** Relative up to a day, then the date. */
export function relative(at: Date, now: Date, locale: string): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const size = Math.abs(seconds);
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "long" });
  if (size < 45) return words.format(0, "second");
  if (size < 3600) return words.format(Math.round(seconds / 60), "minute");
  if (size < 86400) return words.format(Math.round(seconds / 3600), "hour");
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...year }).format(at);
}
