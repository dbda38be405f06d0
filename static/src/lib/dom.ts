/** The first match, typed; throws nothing. */
export function find<T extends HTMLElement>(selector: string, within: ParentNode = document): T | null {
  return within.querySelector<T>(selector);
}

export function all<T extends HTMLElement>(selector: string, within: ParentNode = document): T[] {
  return [...within.querySelectorAll<T>(selector)];
}

type Child = Node | string | null | undefined | false;

/** Builds an element; attributes that are null or false are left out. */
export function el(tag: string, attributes: Record<string, string | number | boolean | null> = {}, ...children: Child[]): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sprite whose address the page's body carries. */
export function icon(name: string, size = 16): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("width", String(size));
  svg.setAttribute("height", String(size));
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${document.body.dataset["icons"] ?? ""}#${name}`);
  svg.append(use);
  return svg;
}

/** A word the template gave (`data-word-…`), so that it is translated. */
export function word(host: HTMLElement, name: string): string {
  const key = `word${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return host.dataset[key] ?? "";
}

export function locale(): string {
  return document.documentElement.lang || "en";
}

export function csrfToken(): string {
  return document.body.dataset["csrf"] ?? "";
}

/** POST as a form would; answers the response so that the caller can say what happened. */
export function post(url: string, body: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch" },
    body: new URLSearchParams(body),
    credentials: "same-origin",
  });
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`mainstay.${key}`, value);
  } catch {
    // Private windows may refuse; the choice then lasts for the page.
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`mainstay.${key}`);
  } catch {
    return null;
  }
}

export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function save(name: string, content: Blob | string): void {
  const url = typeof content === "string" ? content : URL.createObjectURL(content);
  const link = el("a", { href: url, download: name }) as HTMLAnchorElement;
  document.body.append(link);
  link.click();
  link.remove();
  if (typeof content !== "string") setTimeout(() => URL.revokeObjectURL(url), 1000);
}
