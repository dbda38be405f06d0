const GAP = 6;
const EDGE = 8;

/** Puts a floating element beside its anchor, inside the window; positions go through the CSSOM because of the security policy. */
export function place(anchor: Element, floating: HTMLElement, align: "start" | "end" | "center" = "start"): void {
  const box = anchor.getBoundingClientRect();
  const rtl = getComputedStyle(document.documentElement).direction === "rtl";
  const { offsetWidth: width, offsetHeight: height } = floating;
  const left = { left: box.left, right: box.right - width, center: box.left + box.width / 2 - width / 2 };
  const side = align === "center" ? "center" : (align === "start") !== rtl ? "left" : "right";
  const below = box.bottom + GAP;
  const above = box.top - GAP - height;
  const top = below + height > innerHeight - EDGE && above > EDGE ? above : below;
  floating.style.left = `${Math.max(EDGE, Math.min(left[side], innerWidth - width - EDGE))}px`;
  floating.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - height - EDGE))}px`;
}
