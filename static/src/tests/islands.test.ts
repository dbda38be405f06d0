import { beforeEach, describe, expect, it, vi } from "vitest";
import "../islands/copy";
import { watchDialogs } from "../islands/dialogs";
import { patch } from "../islands/live";
import "../islands/range";
import "../islands/table";
import "../islands/toasts";
import { refreshTimes } from "../islands/time";

beforeEach(() => {
  document.body.innerHTML = "";
  document.documentElement.lang = "en";
  localStorage.clear();
});

/** Puts markup on the page as htmx does: whole, so that an island finds what is inside it. */
function put(html: string): void {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  document.body.replaceChildren(holder);
}

describe("a live number", () => {
  const card = () => {
    put(`<div id="k"><b data-live-value>1</b><span data-live-change data-better="down" class="tone-good"><i data-arrow="up" hidden></i><i data-arrow="down"></i><span data-change-text>-1 %</span></span></div>`);
    return document.getElementById("k")!;
  };

  it("takes the new text and says that it changed", () => {
    const host = card();
    expect(patch(host, { value: 12, text: "12", change: "+3 %", direction: "up" })).toBe(true);
    expect(host.querySelector("[data-live-value]")?.textContent).toBe("12");
    expect(host.querySelector("[data-change-text]")?.textContent).toBe("+3 %");
  });

  it("colours a rise of what should fall as bad", () => {
    const host = card();
    patch(host, { value: 12, text: "12", change: "+3 %", direction: "up" });
    expect(host.querySelector("[data-live-change]")?.className).toBe("tone-bad");
    expect(host.querySelector("[data-arrow=up]")?.hasAttribute("hidden")).toBe(false);
    expect(host.querySelector("[data-arrow=down]")?.hasAttribute("hidden")).toBe(true);
  });

  it("leaves an equal figure as it is", () => {
    expect(patch(card(), { value: 1, text: "1" })).toBe(false);
  });
});

describe("toasts", () => {
  it("shows Django's messages and those of events", () => {
    put(`<ms-toasts data-word-close="Close" data-word-undo="Undo"><div data-toast="good">Saved</div></ms-toasts>`);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: "Archived", undo: "/undo/" } }));
    const toasts = [...document.querySelectorAll(".toast")];
    expect(toasts.map((toast) => toast.querySelector(".toast-text")?.textContent)).toEqual(["Saved", "Archived"]);
    expect(toasts[1]?.querySelector("button")?.textContent).toBe("Undo");
  });

  it("goes by itself, except bad news", () => {
    vi.useFakeTimers();
    put(`<ms-toasts data-word-close="Close"><div data-toast="good">Saved</div><div data-toast="bad">Failed</div></ms-toasts>`);
    vi.advanceTimersByTime(6000);
    expect([...document.querySelectorAll(".toast-text")].map((node) => node.textContent)).toEqual(["Failed"]);
    vi.useRealTimers();
  });
});

describe("a typed confirmation", () => {
  it("opens its button only for the phrase", () => {
    put(`<button data-opens="d"></button><dialog id="d" class="modal"><input data-confirm-phrase="Harbour Bakery"><button data-confirm-submit></button></dialog>`);
    watchDialogs();
    const input = document.querySelector("input")!;
    const submit = document.querySelector<HTMLButtonElement>("[data-confirm-submit]")!;
    expect(submit.disabled).toBe(true);
    input.value = "harbour bakery";
    input.dispatchEvent(new Event("input"));
    expect(submit.disabled).toBe(true);
    input.value = "Harbour Bakery ";
    input.dispatchEvent(new Event("input"));
    expect(submit.disabled).toBe(false);
  });
});

describe("copy", () => {
  it("copies what is shown and says so", async () => {
    const write = vi.fn().mockResolvedValue(undefined);
    Object.defineProperty(navigator, "clipboard", { value: { writeText: write }, configurable: true });
    put(`<ms-copy data-word-copied="Copied"><code data-copy-text>abc</code><button data-copy-button><span data-copy-said="Copy">Copy</span></button></ms-copy>`);
    document.querySelector("button")!.click();
    await vi.waitFor(() => expect(document.querySelector("[data-copy-said]")?.textContent).toBe("Copied"));
    expect(write).toHaveBeenCalledWith("abc");
  });
});

describe("the range picker", () => {
  it("never ends before it begins", () => {
    put(`<ms-range><input name="from" type="date" value="2026-11-01"><input name="to" type="date" value="2026-11-20"></ms-range>`);
    const [from, to] = [...document.querySelectorAll("input")] as [HTMLInputElement, HTMLInputElement];
    from.value = "2026-12-01";
    from.dispatchEvent(new Event("change", { bubbles: true }));
    expect(to.value).toBe("2026-12-01");
    to.value = "2026-10-01";
    to.dispatchEvent(new Event("change", { bubbles: true }));
    expect(from.value).toBe("2026-10-01");
  });
});

describe("table columns", () => {
  const table = `<ms-table id="t"><input type="checkbox" data-column-choice value="a" checked><input type="checkbox" data-column-choice value="b"><table><tr><th data-column="a"></th><th data-column="b"></th></tr></table></ms-table>`;

  it("hides what is not chosen and remembers it", () => {
    put(table);
    expect(document.querySelector<HTMLElement>("[data-column=b]")?.hidden).toBe(true);
    const box = document.querySelector<HTMLInputElement>("[value=b]")!;
    box.checked = true;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    expect(document.querySelector<HTMLElement>("[data-column=b]")?.hidden).toBe(false);
    put(table);
    expect(document.querySelector<HTMLElement>("[data-column=b]")?.hidden).toBe(false);
  });
});

describe("times", () => {
  it("say how long ago", () => {
    put(`<time data-relative datetime="2026-11-20T10:00:00Z"></time>`);
    refreshTimes(new Date("2026-11-20T10:03:00Z"));
    expect(document.querySelector("time")?.textContent).toBe("3 minutes ago");
  });
});
