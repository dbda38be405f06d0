import { quantiles, type Value } from "./data";
import type { Theme } from "./frame";

/** Colours by quantile, so that one huge value does not turn the rest pale. */
export function pieces(values: readonly Value[], theme: Theme): object[] {
  const bounds = quantiles(values, theme.sequence.length);
  const colors = theme.sequence.slice(theme.sequence.length - bounds.length);
  const made: object[] = [{ lte: 0, color: theme.empty }];
  bounds.forEach((bound, at) => made.push({ gt: at ? bounds[at - 1] : 0, lte: bound, color: colors[at] }));
  return made;
}
