import type { ResolvedView } from './bridge';

/** What is newly known takes the place of what was said of the same account. */
export function merged(before: readonly ResolvedView[], found: readonly ResolvedView[]): ResolvedView[] {
  const known = new Map([...before, ...found].map((one) => [one.account, one]));
  return [...known.values()];
}
