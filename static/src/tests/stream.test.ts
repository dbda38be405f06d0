import { beforeEach, describe, expect, it } from "vitest";
import { Events, MOST, type Row } from "../stream/events";
import { List } from "../stream/list";
import { Teller } from "../stream/words";

const row = (id: number, more: Partial<Row> = {}): Row => ({
  id: String(id), at: Date.UTC(2026, 10, 19, 13, 30, 0) + id, name: "pageview", path: `/p${id}`, title: "", country: "DE", device: "desktop", channel: "direct",
  source: "", value: "", currency: "", visitor: "abc123", visit: "1", goal: false, test: false, site: "shop", company: 0, company_name: "", ...more,
});
const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => row(from + at));
const ids = (events: Events) => events.shown.map((item) => Number(item.id));
let events: Events;

beforeEach(() => {
  events = new Events();
});

describe("what the list knows", () => {
  it("takes an event once, by whichever way it comes", () => {
    expect(events.add([row(2), row(1)], true)).toBe(2);
    expect(events.add([row(2), row(3)])).toBe(1);
    expect(ids(events)).toEqual([1, 2, 3]);
  });

  it("stands still while it is held, and counts what comes", () => {
    events.add(rows(0, 3));
    events.hold();
    events.add(rows(3, 217));
    expect(ids(events)).toEqual([0, 1, 2]);
    expect(events.fresh).toBe(214);
    events.release();
    expect(events.shown.length).toBe(217);
    expect(events.fresh).toBe(0);
  });

  it("shows what matches, and counts only that", () => {
    events.add([row(1), row(2, { name: "purchase" }), row(3, { company: 7, company_name: "Ajax" }), row(4, { country: "US" })]);
    const all = { site: "", name: "", country: "", company: "" };
    events.filter({ ...all, name: "purchase" });
    expect(ids(events)).toEqual([2]);
    events.hold();
    events.add([row(5), row(6, { name: "purchase" })]);
    expect(events.fresh).toBe(1);
    for (const [wanted, found] of [[{ company: "any" }, [3]], [{ company: "7" }, [3]], [{ country: "US" }, [4]], [{ site: "other" }, []]] as const) {
      events.filter({ ...all, ...wanted });
      expect(ids(events)).toEqual(found);
    }
  });

  it("forgets the oldest when there are too many", () => {
    events.add(rows(0, MOST + 2_000));
    expect(events.size).toBe(MOST);
    expect(ids(events)[0]).toBe(2_000);
    events.add([row(0)]);
    expect(events.size).toBe(MOST + 1);
  });
});

describe("what is said of an event", () => {
  const teller = new Teller({ types: { pageview: "Page view" }, channels: { direct: "Direct" }, devices: { desktop: "Desktop" }, sites: { shop: "My shop" } }, "Europe/Berlin");

  it("uses the owner's words, time zone and currency", () => {
    expect(teller.time(row(0))).toContain("02:30:00");
    expect([teller.type("pageview"), teller.type("own"), teller.from(row(0)), teller.country("DE"), teller.country("??")]).toEqual(["Page view", "own", "Direct", "Germany", "??"]);
    expect(teller.money(row(0, { value: "20.5", currency: "EUR" }))).toBe("€20.50");
    expect(teller.money(row(0, { value: "5", currency: "?!" }))).toBe("5");
  });

  it("writes a file in which a formula stays text", () => {
    const csv = teller.csv([row(0, { path: "=HYPERLINK(1)", title: 'He said "hi", twice', value: "20.5", currency: "EUR" })], ["time"]);
    expect(csv).toBe('time\r\n2026-11-19 14:30:00,My shop,Page view,\'=HYPERLINK(1),"He said ""hi"", twice",Germany,Direct,,Desktop,20.5,EUR,,abc123\r\n');
  });

  it("draws only what is in sight, and a row keeps its element while it scrolls", () => {
    document.body.innerHTML = "<div id=view><div id=space></div></div>";
    const [view, space] = [document.getElementById("view")!, document.getElementById("space")!];
    Object.defineProperty(view, "clientHeight", { value: 400 });
    const list = new List(view, space, teller, "/flags/", "Test");
    list.measure();
    list.draw(rows(0, 5_000));
    const shown = () => [...space.querySelectorAll<HTMLElement>(".stream-row")].filter((node) => !node.hidden);
    expect(shown().length).toBe(14);
    expect(space.style.height).toBe("200000px");
    expect(shown()[0]!.textContent).toContain("/p4999");
    const third = shown()[2]!;
    view.scrollTop = 120;
    list.measure();
    list.draw(rows(0, 5_000));
    expect(list.indexOf(third)).toBe(2);
    list.focus(30);
    expect(document.activeElement?.textContent).toContain("/p4969");
  });
});
