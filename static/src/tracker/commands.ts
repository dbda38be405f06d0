import { newId, record } from "./events";
import { consent, identify } from "./identity";
import { view } from "./views";

/** What a shop says about an item, a cart or an order. */
interface Sale {
  order_id?: string | number;
  /** A decimal number, best as text. */
  revenue?: string | number;
  /** ISO 4217. */
  currency?: string;
  items?: object[];
  props?: object;
}

/** An order keeps its id, so that a thank-you page which is opened again counts once. */
const sale = (name: string, data: Sale = {}): unknown =>
  record(
    name,
    Object.assign({ id: data.order_id ? `${name}-${data.order_id}`.slice(0, 64) : newId() }, data, {
      revenue: data.revenue && { amount: "" + data.revenue, currency: data.currency },
    }),
  );

const commands: Record<string, (...args: any[]) => unknown> = {
  track: (name: string, props?: object) => record(name, { props }),
  pageview: () => view(true),
  identify,
  consent,
};

/**
 * What a page says: `mainstay("track", "name", { … })`. Whatever is no command of its own is an event
 * of a shop, named as events are: viewItem, addToCart, beginCheckout, purchase; and so is notFound.
 */
export const execute = ([command, ...args]: any): unknown =>
  commands[command]
    ? commands[command](...args)
    : sale(command.replace(/[A-Z]/g, "_$&").toLowerCase(), args[0]);
