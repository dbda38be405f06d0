import { locale } from "../lib/dom";
import { relative } from "../lib/format";

/** `<time data-relative>` keeps saying how long ago it was. */
export function refreshTimes(now = new Date()): void {
  for (const node of document.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const at = new Date(node.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    node.textContent = relative(at, now, locale());
    node.title ||= new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeStyle: "short" }).format(at);
  }
}

export function watchTimes(): void {
  refreshTimes();
  setInterval(() => document.hidden || refreshTimes(), 30_000);
  document.addEventListener("htmx:after:swap", () => refreshTimes());
}
