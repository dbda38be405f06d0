import { startClicks } from "./clicks";
import { execute } from "./commands";
import { config } from "./config";
import { consent, takeOver } from "./identity";
import { listen, safely, storage } from "./safely";
import { startTransport } from "./transport";
import { startViews } from "./views";
import { startVitals } from "./vitals";

type Call = Iterable<any>;

interface Page extends Window {
  mainstay?: ((...call: any[]) => unknown) & { q?: Call[]; on?: number };
}

const page = window as Page;
const agent = navigator as any;
const stub: { q?: Call[]; on?: number } = page.mainstay || {};
const waiting = stub.q || [];

/** Where calls of the page go: into line until the page is shown, then to the commands. */
let run = (call: Call): unknown => waiting.push(call);

const begin = (): void => {
  run = safely(execute);
  if (config.consent) consent(true);
  [takeOver, startVitals, startTransport, startViews, startClicks].forEach((part) => safely(part)());
  waiting.forEach(run);
};

const start = (): void => {
  page.mainstay = (...call) => run(call);
  page.mainstay.on = 1;
  // Automated browsers, people who opted out in this browser, and those whose browser asks not to be tracked.
  if (
    (agent.webdriver && !config.test) ||
    storage.mainstay_ignore ||
    (config.gpc && (agent.globalPrivacyControl || agent.doNotTrack == 1))
  )
    run = () => {};
  else if ((document as any).prerendering) listen(document, "prerenderingchange", begin);
  else begin();
};

// The snippet may be there twice, by hand and by a tag manager: the first one counts.
if (!stub.on) start();
