import type { ErrorView, ProblemView, WeakReason } from '../bridge';
import type { ErrorKey, TwoLines, Words } from './words';

export function errorKey(error: ErrorView): ErrorKey {
  if (error.kind === 'address') return `address.${error.why}`;
  if (error.kind === 'list') return `list.${error.why}`;
  if (error.kind === 'picture') return `picture.${error.why}`;
  return error.kind === 'key' ? `key.${error.why}` : error.kind;
}

/** A wait of hours, which nobody counts in minutes. */
const long = (seconds: number, t: Words): string =>
  seconds < 2 * 3600 ? t.common.wait(seconds) : t.pairing.hours(Math.ceil(seconds / 3600));

/** Two lines for an error: what happened, what to do. */
export function errorLines(error: ErrorView, t: Words, server: string): TwoLines {
  const seconds = error.kind === 'rateLimited' || error.kind === 'tooNew' ? error.wait : null;
  const wait = seconds === null ? null : error.kind === 'tooNew' ? long(seconds, t) : t.common.wait(seconds);
  return t.errors[errorKey(error)]({ server, wait });
}

/** Two lines for a problem: what happened, what to do. */
export function problemLines(problem: ProblemView, t: Words, server: string): TwoLines {
  const wait = problem.kind === 'tooSoon' ? t.common.wait(problem.wait) : null;
  return t.problems[problem.kind]({ server, wait });
}

/** The same where a phone is in play: there is no mail to look into, and no way round. */
export function phoneProblemLines(problem: ProblemView, t: Words, server: string): TwoLines {
  if (problem.kind === 'wrongCode') return t.pairing.wrongCode;
  if (problem.kind === 'wrongPassword') return t.pairing.wrongPassword;
  return problem.kind === 'noPasswordFits' ? t.pairing.savedWrong : problemLines(problem, t, server);
}

function bound(reason: WeakReason): number {
  if (reason.kind === 'tooShort') return reason.min;
  return reason.kind === 'tooLong' || reason.kind === 'tooManyInARow' ? reason.max : 0;
}

function setOf(reason: WeakReason): string {
  if (reason.kind === 'needsOneOf') return reason.set;
  return reason.kind === 'notAllowed' ? reason.allowed : '';
}

export const weakLine = (reason: WeakReason, t: Words): string => t.weak[reason.kind](bound(reason), setOf(reason));
export const ruleLine = (rule: WeakReason, t: Words): string =>
  t.newPassword.rule[rule.kind](bound(rule), setOf(rule));
