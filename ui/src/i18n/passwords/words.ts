import type { LeaksKind, Worth } from '../../bridge';
import type { TwoLines } from '../words';

type Text = string;
type Counted = (count: number) => string;
type Bounded = (count: number, set: string) => string;
type Kind = 'needsOneOf' | 'notAllowed' | 'tooManyInARow';

/** What passwords are worth, what sites ask of them, and which are to be changed. */
export interface PasswordWords {
  /** All that the site takes. */
  site: Text;
  worth: (bits: string, worth: Worth) => string;
  weakSite: (server: string, bits: string) => TwoLines;
  rule: Record<Kind, Bounded>;
  weak: Record<Kind, Bounded>;
  /** On the page of an account. */
  reused: (names: string) => string;
  reusedText: Text;
  exposed: Counted;
  exposedText: Text;
  unexposed: Text;
  unexposedText: Text;
  unchecked: Text;
  uncheckedText: Text;
  unknown: Text;
  unknownText: Text;
  check: Text;
  checking: Text;
  old: Text;
  oldText: Text;
  /** In the settings. */
  leaks: Text;
  leaksRow: Text;
  leaksText: Record<LeaksKind, Text>;
  leaksKind: Record<LeaksKind, Text>;
  copy: Text;
  copyText: Text;
  noCopy: Text;
  broken: TwoLines;
  notTheList: TwoLines;
  file: Text;
  folder: Text;
  /** The room of what is to be changed. */
  changes: Text;
  changesLead: Text;
  toChange: Counted;
  toChangeText: Text;
  progress: (changed: string, all: string) => string;
  resume: Text;
  unlocks: Counted;
  reason: { exposed: Counted; reused: Counted; old: (since: string) => string };
  change: Text;
  changeOf: (name: string) => string;
  together: (names: string) => string;
  through: Text;
  throughText: Text;
  nothing: Text;
  nothingText: Text;
  looked: Text;
  lookedText: Text;
  off: Text;
  offText: Text;
  toSettings: Text;
}
