// The staff area's theme sets styles by attribute and brings a style block of its own, both of which the page's policy
// forbids. Styles set through the object model are allowed, so its attributes take that way; the block is left out.
const theirs = window as unknown as { htmx?: { config: { includeIndicatorStyles: boolean } } };
if (theirs.htmx) theirs.htmx.config.includeIndicatorStyles = false;

const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (this: Element, name: string, value: string): void {
  if (name === "style" && this instanceof HTMLElement) this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
