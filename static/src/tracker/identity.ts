import { config } from "./config";
import { newId, record } from "./events";

/** `_ms=<visitor id>.<time in base 36>`, with what stands before and after it. */
const HAND_OVER = /([?&])_ms=([\w-]+)\.(\w+)(&?)/;

export let userId: string | undefined;

export const identify = (id?: unknown, traits?: object): void => {
  userId = id ? "" + id : undefined;
  if (userId) record("identify", { traits });
};

/** The visitor id is the cookie and nothing else, so that tabs agree and a withdrawal holds at once in all of them. */
export const visitorId = (): string | undefined => (/ms_vid=([\w-]+)/.exec(document.cookie) || [])[1];

/**
 * Keeps a visitor id for 13 months (395 days), or removes it when it is empty. The widest domain is tried
 * first: browsers refuse public suffixes, so the first one that holds is the registrable domain.
 * A cookie that is there already stays as it is: the months count from the first consent.
 */
const writeCookie = (value: string): void => {
  const labels = location.hostname.split(".");
  for (let i = labels.length; i-- && !(value && visitorId()); ) {
    const domain = labels.slice(i).join(".");
    document.cookie =
      `ms_vid=${value};path=/;SameSite=Lax;max-age=${value ? 34128e3 : 0};domain=${domain}` + (isSecureContext ? ";Secure" : "");
  }
};

export const consent = (granted: unknown): void => writeCookie(granted ? newId() : "");

export const isOwnHost = (host: string): boolean =>
  config.domains.some((domain) => ("." + host).endsWith("." + domain));

/** Gives the visitor id along to another domain of the same site, in the link that was just clicked. */
export const handOver = (link: HTMLAnchorElement): void => {
  const id = visitorId();
  const query = link.search.replace(HAND_OVER, "");
  if (id) link.search = (query ? query + "&" : "?") + `_ms=${id}.${Date.now().toString(36)}`;
};

/** Takes a visitor id that another domain gave along, and cleans the address bar. */
export const takeOver = (): void => {
  const found = config.domains[0] && HAND_OVER.exec(location.href);
  if (found) {
    history.replaceState(history.state, "", location.href.replace(HAND_OVER, found[4]! && found[1]!));
    // A link older than two minutes was copied, not clicked.
    if (Date.now() - parseInt(found[3]!, 36) < 12e4) {
      writeCookie("");
      writeCookie(found[2]!);
    }
  }
};
