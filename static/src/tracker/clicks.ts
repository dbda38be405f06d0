import { config } from "./config";
import { record } from "./events";
import { handOver, isOwnHost } from "./identity";
import { listen } from "./safely";

const FILES = /\.(pdf|(doc|xls|ppt)x?|csv|epub|zip|rar|7z|gz|dmg|exe|msi|apk|mp[34])$/i;

const tagged = (element: Element): void => {
  const props: Record<string, string> = {};
  for (const { name, value } of element.attributes as any) {
    const key = name.split("data-ms-prop-")[1];
    if (key) props[key] = value;
  }
  record(element.getAttribute("data-ms-event")!, { props });
};

const followed = (link: HTMLAnchorElement): void => {
  const props = { url: link.href };
  const host = link.hostname;
  if (!host) return; // mail, telephone, script
  if (link.matches("[download]") || FILES.test(link.pathname)) config.downloads && record("download", { props });
  else if (host !== location.hostname) {
    if (isOwnHost(host)) handOver(link);
    else if (config.outbound) record("outbound", { props });
  }
};

export const startClicks = (): void =>
  listen(document, "click auxclick submit", ({ button, target, type }) => {
    if (button > 1) return; // the right button opens a menu
    const submit = type === "submit";
    const tag = target.closest("[data-ms-event]");
    const link = target.closest("[href]");
    if (tag && submit === tag.matches("form")) tagged(tag);
    if (!submit) link && followed(link);
    // Never what a person typed: a form says which one it is and where it goes.
    else if (config.forms)
      record("form", { props: { id: target.getAttribute("id"), action: target.getAttribute("action") } });
  });
