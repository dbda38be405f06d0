import { config } from "./config";
import { address, record } from "./events";

export const load: any = performance.getEntriesByType("navigation")[0] || {};

const vitals: Record<string, any> = { cls: (window as any).LayoutShift && 0 };
const interactions: Record<number, number> = {};
let observer: PerformanceObserver;
let landing: string | undefined;
let windowStart = 0;
let lastShift = 0;
let windowSum = 0;

/** Milliseconds from when the page was asked for, or shown if it was prerendered. */
const since = (time: number): number => Math.max(0, Math.round(time - (load.activationStart || 0)));

const seen: Record<string, (entry: any) => void> = {
  /** The first paint of anything comes before the first with content, which is the one that stays. */
  paint(entry) {
    vitals.fcp = since(entry.startTime);
  },
  "largest-contentful-paint"(entry) {
    vitals.lcp = since(entry.startTime);
  },
  /** Cumulative layout shift: the worst run of shifts with gaps under 1 s, no longer than 5 s. */
  "layout-shift"(entry) {
    if (entry.hadRecentInput) return;
    const time = entry.startTime;
    if (time - lastShift > 1e3 || time - windowStart > 5e3) {
      windowStart = time;
      windowSum = 0;
    }
    lastShift = time;
    vitals.cls = Math.max(vitals.cls, (windowSum += entry.value));
  },
  event({ interactionId: id, duration }) {
    if (id) interactions[id] = Math.max(interactions[id] || 0, duration);
  },
};

const take = (entries: PerformanceEntryList): void => entries.forEach((entry) => seen[entry.entryType]!(entry));

/** Pages loaded in the background are left out: nobody waited for them. */
export const startVitals = (): void => {
  if (!config.vitals || document.hidden) return;
  landing = address();
  vitals.ttfb = since(load.responseStart);
  observer = new PerformanceObserver((list) => take(list.getEntries()));
  for (const type in seen) observer.observe({ type, buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
};

/** Once for each page load, when it is first left or hidden. Interaction to next paint leaves out one in fifty. */
export const reportVitals = (): void => {
  if (!landing) return;
  take(observer.takeRecords());
  const durations = Object.values(interactions).sort((a, b) => b - a);
  vitals.inp = durations[((performance as any).interactionCount / 50) | 0];
  record("vitals", { url: landing, vitals });
  landing = "";
};
