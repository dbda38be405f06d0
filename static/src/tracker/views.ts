import { config } from "./config";
import { address, record, type TrackedEvent } from "./events";
import { listen, safely } from "./safely";
import { flush } from "./transport";
import { load, reportVitals } from "./vitals";

let current: Partial<TrackedEvent> = {};
let shown: string | undefined;
let since = 0;
let active = false;
let engaged = 0;
let depth = 0;

/** Single-page sites set the title after the address: it is read again just before sending. */
export const retitle = (): void => {
  current.title = document.title;
};

/**
 * Adds the time since the last tick if the person was there, and looks whether they are there now.
 * Without a sign of life, at most a minute counts.
 */
const tick = (): void => {
  const now = performance.now();
  if (active) engaged += Math.min(now - since, 6e4);
  since = now;
  active = document.hasFocus();
  if (config.scroll) {
    const bottom = Math.round(((scrollY + innerHeight) / document.documentElement.scrollHeight) * 100);
    depth = Math.max(depth, Math.min(100, bottom));
  }
};

/** Says what was added since the last leave of this view; under 0.1 s is carried over to the next one. */
const leave = (): void => {
  tick();
  if (shown && engaged > 99) {
    record("leave", { url: shown, eng: Math.round(engaged), scroll: depth || undefined });
    engaged = 0;
  }
};

/** Counts the page now shown, unless it is the one already counted. */
export const view = (always?: unknown): void => {
  if (always === true || address() !== shown) {
    leave();
    current = record("pageview", { ref: shown || document.referrer, title: document.title });
    shown = current.url;
    engaged = depth = 0;
  }
};

const watchHistory = (name: "pushState" | "replaceState"): void => {
  const original = history[name];
  history[name] = function (...args) {
    original.apply(this, args);
    safely(view)();
  };
};

/** The server's own status where the browser tells it, or the page's word. Titles are not trusted: "404" can be a product. */
const isNotFound = (): unknown =>
  load.responseStatus === 404 || document.querySelector("[data-ms-404]");

export const startViews = (): void => {
  view();
  if (config.notFound && isNotFound()) record("not_found");
  if (config.spa) {
    watchHistory("pushState");
    watchHistory("replaceState");
  }
  listen(window, config.spa ? "pageshow popstate" : "pageshow", (event) => view(event.persisted));
  listen(window, "scroll pointermove keydown focus blur visibilitychange pagehide", (event) => {
    const leaving = event.type === "pagehide";
    tick();
    if (leaving || document.hidden) {
      reportVitals();
      leave();
      flush(leaving);
      active = false;
    }
  });
};
