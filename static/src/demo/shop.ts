/** The demo shop's own behaviour: a cart in the browser, and what it tells the tracker, as a real shop would. */
import "./shop.css";

interface Line { id: string; name: string; price: string; category: string; quantity: number }
type Tracker = ((...words: unknown[]) => void) & { q?: unknown[] };
declare global { interface Window { mainstay?: Tracker } }

const stub: Tracker = (...words: unknown[]) => void (stub.q = stub.q ?? []).push(words);
window.mainstay ??= stub;
const tell = (...words: unknown[]): void => window.mainstay?.(...words);

const KEY = "kestrel-cart";
const facts = document.body.dataset;
const currency = facts.currency ?? "EUR";
const find = <T extends HTMLElement>(selector: string): T | null => document.querySelector<T>(selector);

function read(): Line[] {
  try { return JSON.parse(localStorage.getItem(KEY) ?? "[]") as Line[]; } catch { return []; }
}
function write(lines: Line[]): void {
  localStorage.setItem(KEY, JSON.stringify(lines));
  draw();
}
/** Money in cents, so that sums are exact. */
const cents = (lines: Line[]): number => lines.reduce((sum, line) => sum + Math.round(Number(line.price) * 100) * line.quantity, 0);
const amount = (value: number): string => (value / 100).toFixed(2);

function draw(): void {
  const lines = read();
  for (const place of document.querySelectorAll("[data-cart-count]")) place.textContent = String(lines.reduce((n, line) => n + line.quantity, 0));
  for (const place of document.querySelectorAll("[data-total]")) place.textContent = lines.length ? `${amount(cents(lines))} ${currency}` : "";
  const list = find("[data-lines]");
  if (!list) return;
  list.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: `${line.quantity} × ${line.name} · ${line.price} ${currency}` })));
  if (!lines.length) list.textContent = list.dataset.empty ?? "";
  find("[data-checkout]")?.toggleAttribute("hidden", !lines.length);
}

const here = (): Line => ({ id: facts.id ?? "", name: facts.name ?? "", price: facts.price ?? "0", category: facts.category ?? "", quantity: 1 });

if (facts.page === "product") {
  tell("viewItem", { items: [here()], revenue: here().price, currency });
  find("[data-add]")?.addEventListener("click", () => {
    const lines = read();
    const known = lines.find((line) => line.id === facts.id);
    if (known) known.quantity += 1; else lines.push(here());
    write(lines);
    tell("addToCart", { items: [here()], revenue: here().price, currency });
    const said = find("[data-added]");
    if (said) said.textContent = said.dataset.words ?? "";
  });
}
if (facts.page === "checkout" && read().length) tell("beginCheckout", { items: read(), revenue: amount(cents(read())), currency });
if (facts.page === "missing") tell("notFound");

find<HTMLFormElement>("[data-pay]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const lines = read();
  if (!lines.length) return;
  tell("purchase", { order_id: `K${Date.now().toString(36).toUpperCase()}`, items: lines, revenue: amount(cents(lines)), currency });
  write([]);
  location.assign((event.currentTarget as HTMLElement).dataset.thanks ?? "/");
});
find<HTMLFormElement>("[data-booking]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  tell("track", "booking_request", { service: String(new FormData(form).get("service")) });
  const said = find("[data-asked]");
  if (said) said.textContent = said.dataset.words ?? "";
});
draw();
