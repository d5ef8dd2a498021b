import type { CheckView, HowView, MeansView, NeedView, TriedView, WarningView } from './bridge';
import type { TwoLines, Words } from './i18n/words';

/** What a means or a need is called by the person, where it has a name. */
export const nameOf = (it: MeansView | NeedView): string => ('name' in it ? it.name : 'address' in it ? it.address : '');

export const keyOf = (it: MeansView | NeedView): string =>
  [it.kind, it.kind === 'account' ? it.id : nameOf(it)].join(' ');

/** The one mailbox of a person needs no address. */
const isOnlyMailbox = (need: NeedView, all: readonly NeedView[]): boolean =>
  (need.kind === 'mailbox' || need.kind === 'account') &&
  all.filter(({ kind }) => kind === 'mailbox' || kind === 'account').length === 1;

/** `all`: what else can be lost. */
export const needText = (need: NeedView, t: Words, all: readonly NeedView[] = []): string =>
  isOnlyMailbox(need, all) ? t.waysBack.onlyMailbox : t.waysBack.need[need.kind](nameOf(need));
export const withoutText = (need: NeedView, t: Words, all: readonly NeedView[] = []): string =>
  isOnlyMailbox(need, all) ? t.waysBack.withoutOnlyMailbox : t.waysBack.without[need.kind](nameOf(need));
export const meansText = (means: MeansView, t: Words): string => t.waysBack.means[means.kind].title(nameOf(means));

export function howText(how: HowView, t: Words): string {
  const words = t.waysBack.how;
  if (how.kind === 'mend') return words.mend(meansText(how.means, t));
  if (how.kind === 'codes') return how.here ? words.codesHere : words.codesAway;
  return words[how.kind];
}

export function triedText(tried: TriedView, t: Words, day: (at: number) => string): string {
  const words = t.waysBack.tried;
  if (tried.kind === 'notYet') return words.notYet;
  if (tried.kind === 'held') return words.held(day(tried.at));
  return tried.at === null ? words.failedNow : words.failed(day(tried.at));
}

export function checkText(check: CheckView, t: Words): string {
  const words = t.waysBack.drill;
  if (check.kind === 'recoveryKey') return words.recoveryKey;
  if (check.kind === 'practice') return words.practice;
  return words.ask[check.means.kind](nameOf(check.means));
}

export function warningLines({ name, what }: WarningView, t: Words): TwoLines {
  const words = t.waysBack;
  return what.kind === 'fewCodes' ? words.fewCodes(name, what.left) : [words.samePlace(name), words.samePlaceDo];
}

/** How large windows are drawn: with their names as long as these fit. */
export const sizeOf = (count: number): 'large' | 'middle' | 'small' =>
  count <= 24 ? 'large' : count <= 80 ? 'middle' : 'small';
