import type { ErrorView, ProblemView, WeakReason } from '../bridge';
import type { ErrorKey, TwoLines, Words } from './words';

export function errorKey(error: ErrorView): ErrorKey {
  if (error.kind === 'address') return `address.${error.why}`;
  if (error.kind === 'picture') return `picture.${error.why}`;
  return error.kind === 'key' ? `key.${error.why}` : error.kind;
}

/** Two lines for an error: what happened, what to do. */
export function errorLines(error: ErrorView, t: Words, server: string): TwoLines {
  const wait = error.kind === 'rateLimited' && error.wait !== null ? t.common.wait(error.wait) : null;
  return t.errors[errorKey(error)]({ server, wait });
}

/** Two lines for a problem: what happened, what to do. */
export function problemLines(problem: ProblemView, t: Words, server: string): TwoLines {
  const wait = problem.kind === 'tooSoon' ? t.common.wait(problem.wait) : null;
  return t.problems[problem.kind]({ server, wait });
}

const bound = (reason: WeakReason): number =>
  reason.kind === 'tooShort' ? reason.min : reason.kind === 'tooLong' ? reason.max : 0;

export const weakLine = (reason: WeakReason, t: Words): string => t.weak[reason.kind](bound(reason));
export const ruleLine = (rule: WeakReason, t: Words): string => t.newPassword.rule[rule.kind](bound(rule));
