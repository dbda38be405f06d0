/** Wraps a task so that whatever goes wrong in it stays out of the page; the answer is then undefined. */
export const safely =
  <A extends unknown[], R>(task: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      return task(...args);
    } catch {}
  };

/** Listens in the capture phase, so that pages which stop propagation are counted too. */
export const listen = (target: EventTarget, types: string, task: (event: any) => unknown): void =>
  types.split(" ").forEach((type) => target.addEventListener(type, safely(task), true));

/** The browser's storage, or a plain object for as long as the page lives where the browser refuses it. */
export const storage: Record<string, string> = safely(() => localStorage)() || {};
