import { expect, it } from "vitest";
import { symbol, usedIcons } from "../build/assets";

it("makes a symbol without the file's own frame", () => {
  const svg = '<!-- note -->\n<svg\n class="lucide" viewBox="0 0 24 24"\n>\n  <path d="M1 1" />\n</svg>\n';
  expect(symbol("dot", svg)).toBe('<symbol id="dot" viewBox="0 0 24 24"><path d="M1 1" /></symbol>');
});

it("finds the icons that templates name", () => {
  expect(usedIcons()).toEqual(expect.arrayContaining(["chevrons-up-down", "panel-left", "google"]));
});
