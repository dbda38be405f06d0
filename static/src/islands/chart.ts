import type { ChartData } from "../charts/data";
import type { Mounted } from "../charts/mount";
import { el, find, save, word } from "../lib/dom";

/** A chart's place on the page. The drawing code comes when the place comes into sight. */
export class Chart extends HTMLElement {
  #mounted: Mounted | null = null;
  #sight: IntersectionObserver | null = null;
  #size: ResizeObserver | null = null;

  connectedCallback(): void {
    this.#sight = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void this.load(), { rootMargin: "240px" });
    this.#sight.observe(this);
    document.addEventListener("mainstay:theme", this.#redraw);
  }

  disconnectedCallback(): void {
    this.#sight?.disconnect();
    this.#size?.disconnect();
    document.removeEventListener("mainstay:theme", this.#redraw);
    this.#mounted?.dispose();
    this.#mounted = null;
  }

  /** New numbers for the same chart (a live page). */
  set data(data: ChartData) {
    this.#mounted?.draw(data);
    this.#twin();
  }

  async load(): Promise<void> {
    this.#sight?.disconnect();
    const canvas = find(".chart-canvas", this);
    const source = find<HTMLScriptElement>("script[type='application/json']", this);
    if (!canvas || !source || this.#mounted) return;
    try {
      const data = JSON.parse(source.textContent ?? "") as ChartData;
      const { legend, mount } = await import("../charts/mount");
      if (!this.isConnected) return;
      const shown = legend(this, data);
      if (shown) canvas.before(shown);
      this.#mounted = await mount(this, canvas, data);
    } catch (error) {
      this.#failed(canvas);
      throw error;
    }
    this.dataset["ready"] = "";
    this.#size = new ResizeObserver(() => this.#mounted?.resize());
    this.#size.observe(canvas);
    this.#twin();
  }

  run(action: string): void {
    const name = (this.dataset["label"] ?? "chart").replace(/[\\/:*?"<>|]+/g, " ").trim();
    if (!this.#mounted) return;
    if (action === "table") this.#toggleTable();
    if (action === "csv") save(`${name}.csv`, new Blob(["\ufeff", this.#mounted.csv()], { type: "text/csv;charset=utf-8" }));
    if (action === "png") save(`${name}.png`, this.#mounted.png());
  }

  #toggleTable(): void {
    const shown = this.dataset["view"] !== "table";
    if (shown) this.dataset["view"] = "table";
    else delete this.dataset["view"];
    const twin = find(".chart-table", this);
    twin?.classList.toggle("is-shown", shown);
    if (shown) twin?.setAttribute("tabindex", "0");
    else twin?.removeAttribute("tabindex");
    if (!shown) this.#mounted?.resize();
  }

  #twin(): void {
    if (this.#mounted) find(".chart-table", this)?.replaceChildren(this.#mounted.table(this.dataset["label"] ?? ""));
  }

  #failed(canvas: HTMLElement): void {
    const retry = el("button", { type: "button", class: "btn is-secondary btn-sm" }, word(this, "retry"));
    retry.addEventListener("click", () => {
      canvas.replaceChildren();
      delete this.dataset["ready"];
      void this.load();
    });
    this.dataset["ready"] = "";
    canvas.replaceChildren(el("div", { class: "chart-error", role: "alert" }, el("p", {}, word(this, "error")), retry));
  }

  #redraw = (): void => this.#mounted?.draw();
}

customElements.define("ms-chart", Chart);

/** The chart card's menu: table view, CSV, PNG. */
export function watchChartMenus(): void {
  document.addEventListener("click", (event) => {
    const item = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-chart-action]") : null;
    const chart = item?.closest("[data-chart-card]")?.querySelector("ms-chart");
    if (item && chart instanceof Chart) chart.run(item.dataset["chartAction"] ?? "");
  });
}
