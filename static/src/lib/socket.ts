export type LiveState = "live" | "reconnecting" | "offline";

export interface LiveValue {
  value?: number | null;
  text?: string;
  change?: string;
  direction?: "up" | "down" | "flat";
  comparison?: string;
  series?: (number | null)[];
}

export interface MetricsMessage {
  type: "metrics";
  topic: string;
  seq: number;
  values: Record<string, LiveValue>;
}

export type LiveMessage = MetricsMessage | { type: string; topic?: string; seq?: number; [key: string]: unknown };

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const HIDDEN_GRACE = 10_000;
const OFFLINE_AFTER = 4;
// The server pings every 20 s: a connection this quiet is dead, whatever the browser believes.
const SILENCE = 60_000;
const NO_ENTRY = 4404;
// A slow machine or a refusal for too much: come back, but not soon.
const TOO_MUCH = 4429;

/** Full jitter: thousands of pages that lost one server must not come back in the same second. */
export function waitBefore(attempt: number, random: () => number = Math.random): number {
  return Math.round(FIRST_WAIT + random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt));
}

/** One WebSocket a page. It comes back by itself, and asks for what it missed. */
export class LiveSocket extends EventTarget {
  state: LiveState = "reconnecting";
  readonly #url: string;
  readonly #topics = new Set<string>();
  readonly #since: Record<string, number> = {};
  // What this connection has told; a restarted server may count from the start again.
  #told: Record<string, number> = {};
  #silence: ReturnType<typeof setTimeout> | undefined;
  #socket: WebSocket | null = null;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #paused = false;
  #closed = false;

  constructor(url: string) {
    super();
    this.#url = url;
  }

  open(): void {
    document.addEventListener("visibilitychange", this.#onVisibility);
    addEventListener("online", this.#reconnectNow);
    addEventListener("offline", this.#onOffline);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#hiddenTimer);
    clearTimeout(this.#silence);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    removeEventListener("online", this.#reconnectNow);
    removeEventListener("offline", this.#onOffline);
    this.#socket?.close();
  }

  /** Replaces what the page listens to; the server is told when it changed. */
  subscribe(topics: Iterable<string>): void {
    const wanted = new Set(topics);
    const same = wanted.size === this.#topics.size && [...wanted].every((topic) => this.#topics.has(topic));
    if (same) return;
    this.#topics.clear();
    wanted.forEach((topic) => this.#topics.add(topic));
    this.#announce();
  }

  send(message: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #connect(): void {
    if (this.#closed) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempt = 0;
      this.#told = {};
      this.#listen();
      this.#announce();
      if (this.#paused) this.send({ type: "pause" });
      this.#set("live");
    });
    socket.addEventListener("message", (event) => this.#receive(String(event.data)));
    socket.addEventListener("close", (event) => {
      if (this.#socket === socket) this.#lost(event.code);
    });
  }

  #announce(): void {
    if (!this.#topics.size) return;
    const topics = [...this.#topics].sort();
    const since = Object.fromEntries(topics.filter((topic) => topic in this.#since).map((topic) => [topic, this.#since[topic]]));
    this.send({ type: "subscribe", topics, since });
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket?.close(), SILENCE);
  }

  #lost(code: number): void {
    clearTimeout(this.#silence);
    if (code === NO_ENTRY) {
      this.#closed = true;
      this.#set("offline");
      return;
    }
    if (code === TOO_MUCH) this.#attempt = Math.max(this.#attempt, 6);
    this.#later();
  }

  #receive(text: string): void {
    this.#listen();
    let message: LiveMessage;
    try {
      message = JSON.parse(text) as LiveMessage;
    } catch {
      return;
    }
    if (message.type === "ping") return this.send({ type: "pong" });
    if (message.topic && typeof message.seq === "number") {
      // A repeated message (catch-up and broadcast can cross) must not set a number back.
      if (message.seq <= (this.#told[message.topic] ?? -1)) return;
      this.#told[message.topic] = message.seq;
      this.#since[message.topic] = message.seq;
    }
    if (message.type === "ping") this.send({ type: "pong" });
    else this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  #later(): void {
    if (this.#closed) return;
    this.#socket = null;
    this.#set(this.#attempt >= OFFLINE_AFTER || !navigator.onLine ? "offline" : "reconnecting");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), waitBefore(this.#attempt));
    this.#attempt += 1;
  }

  #reconnectNow = (): void => {
    if (this.#socket && this.#socket.readyState <= 1) return;
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#connect();
  };

  #onOffline = (): void => this.#set("offline");

  // A hidden tab is paused after a moment, not at once: switching to and fro must not cost a catch-up.
  #onVisibility = (): void => {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) {
      this.#hiddenTimer = setTimeout(() => {
        this.#paused = true;
        this.send({ type: "pause" });
      }, HIDDEN_GRACE);
      return;
    }
    if (this.#paused) {
      this.#paused = false;
      this.send({ type: "resume" });
    }
    this.#reconnectNow();
  };

  #set(state: LiveState): void {
    if (state === this.state && state !== "live") return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
