import type { MeansView, NeedView } from '../../bridge';
import type { TwoLines } from '../words';

type Text = string;
type Named = (name: string) => Text;
type Counted = (count: number) => Text;
type MeansKind = MeansView['kind'];
/** Ways that a person can say there are. */
export type SaidKind = Exclude<MeansKind, 'savedPassword' | 'signedInHere' | 'authenticatorHere' | 'codesHere'> | 'opensMailbox';
export type NamedKind = Exclude<SaidKind, 'byHeart'>;

/** What is said about ways back, saved recovery codes and rehearsals. */
export interface WaysBackWords {
  nav: Text;
  title: Text;
  lead: Text;
  whatIf: Text;
  nothing: Text;
  more: Text;
  /** Something that can be lost; its name, where it has one. */
  need: Record<NeedView['kind'], Named>;
  /** The same at the beginning of a sentence: "Without your mailbox". */
  without: Record<NeedView['kind'], Named>;
  /** Where there is but one of them. */
  onlyMailbox: Text;
  withoutOnlyMailbox: Text;
  goDark: (without: string, dark: number, all: number) => Text;
  wouldGoDark: (without: string, dark: number) => Text;
  allLit: (without: string) => Text;
  nowLit: Counted;
  nowDark: (dark: number, all: number) => Text;
  standing: Record<'getsIn' | 'oneWayLeft' | 'lockedOut', Text>;
  windows: Text;
  lightTitle: Text;
  beforeTitle: Text;
  calm: TwoLines;
  how: Record<'savePassword' | 'codesHere' | 'codesAway' | 'otherMailbox' | 'phone' | 'person', Text> & { mend: Named };
  howDo: Text;
  codesDo: Text;
  lights: Counted;
  circle: (names: string) => TwoLines;
  fewCodes: (name: string, left: number) => TwoLines;
  samePlace: Named;
  samePlaceDo: Text;
  toAccount: Named;
  empty: TwoLines;
  /** On an account's page. */
  means: Record<MeansKind, { title: Named; text: Text }>;
  secondStep: Text;
  tried: Record<'notYet' | 'failedNow', Text> & { held: Named; failed: Named };
  deny: Text;
  remove: Text;
  allow: Text;
  mend: Text;
  denied: Text;
  denyOf: Named;
  none: TwoLines;
  hangsOn: (names: string) => TwoLines;
  add: Text;
  addTitle: Text;
  addKind: Text;
  kinds: Record<SaidKind, Text>;
  nameLabel: Record<NamedKind, Text>;
  nameHint: Record<NamedKind, Text>;
  addDo: Text;
  nameMissing: Text;
  opensMailbox: Named;
  opensMailboxText: Text;
  codes: Record<
    | 'title' | 'none' | 'noneText' | 'paste' | 'more' | 'replace' | 'show' | 'hide' | 'crossOff' | 'bringBack' | 'copy'
    | 'field' | 'fieldHint' | 'keep' | 'kept' | 'leftOut' | 'nothingFound' | 'replaceText' | 'unused' | 'hideEarlier',
    Text
  > & {
    left: (left: number, all: number) => Text;
    since: Named;
    used: Named;
    found: Counted;
    few: (left: number) => TwoLines;
    earlier: Counted;
    earlierOf: Named;
    crossOffOf: Named;
    bringBackOf: Named;
    copyOf: Named;
  };
  drill: Record<
    | 'title' | 'never' | 'begin' | 'lead' | 'yes' | 'no' | 'look' | 'looking' | 'held' | 'failed' | 'recoveryKey'
    | 'keyLabel' | 'keyHint' | 'notAKey' | 'practice' | 'save' | 'saved' | 'remind' | 'remindText' | 'nothing',
    Text
  > & {
    last: Named;
    answered: (done: number, all: number) => Text;
    ask: Record<MeansKind, Named>;
  };
  due: {
    lines: (name: string, last: string | null) => TwoLines;
    now: Text;
    later: Text;
    never: Text;
  };
}
