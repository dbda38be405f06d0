import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveSocket, waitBefore, type LiveMessage } from "../lib/socket";

class FakeWebSocket extends EventTarget {
  static all: FakeWebSocket[] = [];
  readyState = 0;
  sent: { type: string; [key: string]: unknown }[] = [];

  constructor(readonly url: string) {
    super();
    FakeWebSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  say(message: object | string): void {
    const data = typeof message === "string" ? message : JSON.stringify(message);
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  close(code = 1006): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

const last = () => FakeWebSocket.all.at(-1)!;
let socket: LiveSocket;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeWebSocket);
  FakeWebSocket.all = [];
  socket = new LiveSocket("ws://x/live/");
});

afterEach(() => {
  socket.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function hide(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("the socket", () => {
  it("asks for its topics when it opens", () => {
    socket.subscribe(["site.4", "org.1"]);
    socket.open();
    last().open();
    expect(last().sent).toEqual([{ type: "subscribe", topics: ["org.1", "site.4"], since: {} }]);
    expect(socket.state).toBe("live");
  });

  it("asks for what it missed after a break", () => {
    socket.subscribe(["site.4"]);
    socket.open();
    last().open();
    last().say({ type: "metrics", topic: "site.4", seq: 17, values: {} });
    last().close();
    expect(socket.state).toBe("reconnecting");
    vi.advanceTimersByTime(1100);
    expect(FakeWebSocket.all).toHaveLength(2);
    last().open();
    expect(last().sent).toEqual([{ type: "subscribe", topics: ["site.4"], since: { "site.4": 17 } }]);
  });

  it("hands each message on once, and nothing that is not JSON", () => {
    const heard: LiveMessage[] = [];
    socket.addEventListener("message", (event) => heard.push((event as CustomEvent<LiveMessage>).detail));
    socket.subscribe(["a"]);
    socket.open();
    last().open();
    last().say({ type: "metrics", topic: "a", seq: 2, values: {} });
    last().say({ type: "metrics", topic: "a", seq: 2, values: {} });
    last().say({ type: "metrics", topic: "a", seq: 1, values: {} });
    last().say("not json");
    last().say({ type: "notice" });
    expect(heard.map((message) => [message.type, message.seq])).toEqual([["metrics", 2], ["notice", undefined]]);
  });

  it("takes a lower number from a server that counts anew", () => {
    const heard: unknown[] = [];
    socket.addEventListener("message", (event) => heard.push((event as CustomEvent<LiveMessage>).detail.seq));
    socket.subscribe(["a"]);
    socket.open();
    last().open();
    last().say({ type: "metrics", topic: "a", seq: 90, values: {} });
    last().close();
    vi.advanceTimersByTime(1100);
    last().open();
    last().say({ type: "metrics", topic: "a", seq: 1, values: {} });
    expect(heard).toEqual([90, 1]);
  });

  it("answers pings, and leaves a connection that fell silent", () => {
    socket.subscribe(["a"]);
    socket.open();
    last().open();
    last().say({ type: "ping" });
    expect(last().sent.at(-1)).toEqual({ type: "pong" });
    vi.advanceTimersByTime(60_000);
    expect(last().readyState).toBe(3);
    expect(socket.state).toBe("reconnecting");
  });

  it("does not knock again where it may not enter", () => {
    socket.subscribe(["a"]);
    socket.open();
    last().close(4404);
    vi.advanceTimersByTime(120_000);
    expect(FakeWebSocket.all).toHaveLength(1);
    expect(socket.state).toBe("offline");
  });

  it("says offline when it has tried in vain, and comes back", () => {
    socket.subscribe(["a"]);
    socket.open();
    for (let turn = 0; turn < 5; turn += 1) {
      last().close();
      vi.advanceTimersByTime(31_000);
    }
    expect(socket.state).toBe("offline");
    last().open();
    expect(socket.state).toBe("live");
  });

  it("rests in a hidden tab, not for a short look away", () => {
    socket.subscribe(["a"]);
    socket.open();
    last().open();
    hide(true);
    vi.advanceTimersByTime(5000);
    hide(false);
    expect(last().sent.map((message) => message.type)).toEqual(["subscribe"]);
    hide(true);
    vi.advanceTimersByTime(10_000);
    hide(false);
    expect(last().sent.map((message) => message.type)).toEqual(["subscribe", "pause", "resume"]);
  });

  it("tells the server only when its topics changed", () => {
    socket.open();
    last().open();
    socket.subscribe(["a"]);
    socket.subscribe(["a"]);
    expect(last().sent).toHaveLength(1);
  });
});

describe("waiting", () => {
  it("grows, has jitter and an end", () => {
    expect(waitBefore(0, () => 0)).toBe(500);
    expect(waitBefore(0, () => 1)).toBe(1000);
    expect(waitBefore(4, () => 0.5)).toBe(4500);
    expect(waitBefore(30, () => 1)).toBe(30_500);
  });
});
