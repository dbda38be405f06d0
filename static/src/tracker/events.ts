import { config } from "./config";
import { userId } from "./identity";
import { enqueue } from "./transport";

export interface TrackedEvent {
  id: string;
  name: string;
  url: string;
  ts: number;
  title?: string;
}

/** `randomUUID` exists only on https and localhost; elsewhere the time and 52 random bits tell events of a site apart. */
export const newId = (): string =>
  crypto.randomUUID ? crypto.randomUUID() : Date.now().toString(36) + Math.random().toString(36).slice(2);

/** The page's address as it is counted: without the fragment unless the site routes by it. */
export const address = (): string => location.href.replace(config.hash ? "" : /#.*/, "");

/**
 * Makes an event and puts it in line. The fields are copied here, so that a value which cannot be
 * written as JSON fails this event alone, and what the page changes later does not change the event.
 */
export const record = (name: string, fields?: object): TrackedEvent => {
  const event = { id: newId(), name, url: address(), ts: Date.now(), uid: userId };
  return enqueue(JSON.parse(JSON.stringify(Object.assign(event, fields))));
};
