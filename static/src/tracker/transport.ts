import { config } from "./config";
import type { TrackedEvent } from "./events";
import { visitorId } from "./identity";
import { listen, safely, storage } from "./safely";
import { retitle } from "./views";

let queue: TrackedEvent[] = [];
const flying = new Set<TrackedEvent[]>();
let idle: ReturnType<typeof setTimeout>;
let retry: typeof idle | 0; // set while waiting to try again
let failures = 0;

/** What waits in storage. Whatever else may stand there counts as nothing. */
const kept = (): TrackedEvent[] => safely(() => JSON.parse(storage.mainstay_queue!))() || [];

/**
 * Keeps events for later, at most 200 of them and 100,000 characters; the oldest go first.
 * One write does it: a page that is being closed can end between any two.
 */
const keep = (events: TrackedEvent[]): void => {
  const all = kept().concat(events);
  let text: string;
  while ((text = JSON.stringify(all)).length > 1e5 || all[200]) all.shift();
  storage.mainstay_queue = text;
};

/** Sends what was kept, in this page or in one before it, and takes it out of storage, so that no two tabs send it. */
const resume = safely((): void => {
  retry = 0;
  queue = kept().concat(queue);
  delete storage.mainstay_queue;
  flush();
});

/** Network errors, 429 and 5xx: waits as the server asks, else 1 s, 2 s, 4 s … 256 s, plus jitter. */
const failed = (events: TrackedEvent[], seconds?: unknown): void => {
  if (flying.delete(events)) keep(events);
  clearTimeout(retry || 0);
  retry = setTimeout(resume, ((seconds as number) || 2 ** Math.min(failures++, 8) * (1 + Math.random())) * 1e3);
};

const send = (events: TrackedEvent[], leaving?: boolean): void => {
  const vid = visitorId();
  const body = JSON.stringify({
    site: config.site,
    sent: Date.now(),
    vid,
    consent: !!vid,
    test: config.test,
    sw: screen.width,
    sh: screen.height,
    lang: navigator.language,
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    events,
  });
  if (retry || (leaving && !(navigator.onLine && navigator.sendBeacon(config.endpoint, body)))) keep(events);
  else if (!leaving) {
    flying.add(events);
    // Browsers refuse keepalive above 64 KB.
    fetch(config.endpoint, { method: "POST", body, keepalive: body.length < 5e4 }).then(
      (answer) => {
        if (answer.status > 499 || answer.status === 429) failed(events, answer.headers.get("Retry-After"));
        else flying.delete(events), (failures = 0);
      },
      () => failed(events),
    );
  }
};

/** Sends everything in line. When leaving, the answers will not be seen: what is still on its way is kept as well. */
export const flush = (leaving?: boolean): void => {
  retitle();
  while (queue[0]) send(queue.splice(0, 50), leaving);
  if (leaving) {
    flying.forEach(keep);
    flying.clear();
  }
};

export const enqueue = (event: TrackedEvent): TrackedEvent => {
  clearTimeout(idle);
  idle = setTimeout(safely(flush), queue.push(event) > 9 ? 0 : 1e3);
  return event;
};

export const startTransport = (): void => {
  // A page that is being closed is hidden and may still hear this: it must not take what the next page can send.
  listen(window, "online", () => document.hidden || resume());
  resume();
};
