import { csrfToken, find, locale, post, word } from "../lib/dom";
import { bytes } from "../lib/format";

interface Begun {
  at: number;
  piece: number;
  pieces: string;
  cancel: string;
  page: string;
}

interface Answer {
  status: number;
  told: { at?: number; error?: string } | null; // null when it is no answer of ours, such as the page to sign in
}

const CANCELLED = "cancelled";
const LONGEST_WAIT = 30;
const PASSES = new Set([0, 408, 429, 500, 502, 503, 504]);

/**
 * Sends the file of a form piece by piece, shows how far it is, and can be cancelled. What breaks off goes on by itself,
 * and after the page was closed with the same file chosen once more. Without this the form sends small files at once.
 */
export class Upload extends HTMLElement {
  #stop: AbortController | null = null;
  #said = 0;

  connectedCallback(): void {
    this.addEventListener("submit", (event) => {
      const file = find<HTMLInputElement>("input[type=file]", this)?.files?.[0];
      if (!file || this.#stop) return;
      event.preventDefault();
      void this.#upload(file, new FormData(event.target as HTMLFormElement));
    });
    find("[data-upload-cancel]", this)?.addEventListener("click", () => this.#stop?.abort(CANCELLED));
  }

  disconnectedCallback(): void {
    this.#stop?.abort();
  }

  async #upload(file: File, form: FormData): Promise<void> {
    if (file.size > Number(this.dataset["most"])) return this.#fail(word(this, "tooLarge"));
    const stop = (this.#stop = new AbortController());
    addEventListener("beforeunload", hold);
    this.#open(file);
    let begun: Begun | null = null;
    try {
      begun = await this.#begin(file, String(form.get("kind")));
      await this.#send(file, begun, stop.signal);
      removeEventListener("beforeunload", hold);
      location.assign(begun.page);
    } catch (error) {
      removeEventListener("beforeunload", hold);
      const cancelled = stop.signal.reason === CANCELLED;
      if (cancelled && begun) await post(begun.cancel, { do: "remove" }).catch(() => null);
      this.#stop = null;
      this.#close();
      if (cancelled) this.#say(word(this, "cancelled"));
      else this.#fail(error instanceof Refusal ? error.message : word(this, "failed"));
    }
  }

  async #begin(file: File, kind: string): Promise<Begun> {
    const facts = { kind, name: file.name, size: String(file.size), changed: String(file.lastModified) };
    const response = await post(this.dataset["begin"] ?? "", facts);
    const told = (await response.json().catch(() => ({}))) as Begun & { error?: string };
    if (response.status !== 201) throw new Refusal(told.error ?? word(this, "failed"));
    return told;
  }

  async #send(file: File, begun: Begun, signal: AbortSignal): Promise<void> {
    let [at, failures] = [begun.at, 0];
    this.#said = Math.floor((at / file.size) * 10);
    while (at < file.size) {
      this.#show(at, file.size);
      const piece = await file.slice(at, at + begun.piece).arrayBuffer();
      const answer = await this.#piece(`${begun.pieces}?at=${at}`, piece, signal, (sent) => this.#show(at + sent, file.size));
      if (PASSES.has(answer.status)) {
        await this.#wait(2 ** failures++, signal);
        continue;
      }
      if (answer.told?.at === undefined) throw new Refusal(answer.told?.error ?? word(this, "failed"));
      [at, failures] = [answer.told.at, 0];
      this.#note("");
    }
    this.#show(at, file.size);
  }

  #piece(url: string, body: ArrayBuffer, signal: AbortSignal, sent: (size: number) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const request = new XMLHttpRequest();
      const abort = (): void => request.abort();
      signal.addEventListener("abort", abort);
      request.upload.addEventListener("progress", (event) => sent(event.loaded));
      request.addEventListener("abort", () => reject(new Error(CANCELLED)));
      request.addEventListener("loadend", () => {
        signal.removeEventListener("abort", abort);
        resolve({ status: request.status, told: parsed(request.responseText) });
      });
      request.open("POST", url);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.send(body);
    });
  }

  async #wait(seconds: number, signal: AbortSignal): Promise<void> {
    this.#note(word(this, "waiting"));
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, Math.min(seconds, LONGEST_WAIT) * 1000);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(new Error(CANCELLED));
      });
    });
  }

  #open(file: File): void {
    for (const clear of [this.#say, this.#note, this.#fail]) clear.call(this, "");
    this.#swap(true);
    const name = find("[data-upload-name]", this);
    if (name) name.textContent = file.name;
    this.#show(0, file.size);
    find("[data-upload-cancel]", this)?.focus();
  }

  #close(): void {
    this.#swap(false);
    find("form button[type=submit]", this)?.focus();
  }

  #swap(going: boolean): void {
    for (const part of [find("form", this), find("[data-upload-going]", this)]) {
      if (part) part.hidden = (part.tagName === "FORM") === going;
    }
  }

  #show(done: number, size: number): void {
    const share = done / size;
    const bar = find("[role=progressbar]", this);
    bar?.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
    find("rect", bar ?? this)?.setAttribute("width", `${share * 100}%`);
    const text = word(this, "progress").replace("{done}", bytes(done, locale())).replace("{whole}", bytes(size, locale()));
    bar?.setAttribute("aria-valuetext", text);
    const shown = find(".progress-head > :last-child", this);
    if (shown) shown.textContent = text;
    const tenth = Math.floor(share * 10);
    if (tenth > this.#said) this.#say(new Intl.NumberFormat(locale(), { style: "percent" }).format(tenth / 10));
    this.#said = tenth;
  }

  /** For screen readers, each tenth of the way. */
  #say(text: string): void {
    const said = find("[data-upload-said]", this);
    if (said) said.textContent = text;
  }

  /** Why it is not going on just now. */
  #note(text: string): void {
    const note = find("[data-upload-note]", this);
    if (note) note.textContent = text;
  }

  #fail(text: string): void {
    const error = find("[data-upload-error]", this);
    if (error) error.textContent = text;
    error?.parentElement?.toggleAttribute("hidden", !text);
  }
}

class Refusal extends Error {}

function parsed(text: string): Answer["told"] {
  try {
    return JSON.parse(text) as Answer["told"];
  } catch {
    return null;
  }
}

function hold(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

customElements.define("ms-upload", Upload);
