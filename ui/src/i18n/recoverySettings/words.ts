import type { SettingChanged } from '../../bridge';
import type { About, TwoLines } from '../words';

type Of<T extends unknown[]> = (...values: T) => string;

/** What gets a person back in at the server: looking at it, changing it. */
export interface RecoverySettingsWords {
  /** On the page of the account. */
  line: Of<[server: string]>;
  lineText: string;
  look: string;
  title: Of<[server: string]>;
  lead: Of<[server: string]>;
  loading: Of<[server: string]>;
  addresses: string;
  /** Where the code goes. */
  first: string;
  onlyText: string;
  firstText: string;
  alsoText: string;
  unproven: string;
  bounced: Of<[day: string]>;
  bouncedDo: string;
  add: string;
  addLabel: string;
  addDo: string;
  addBad: string;
  addKnown: string;
  full: string;
  putFirst: string;
  remove: string;
  removeTitle: Of<[address: string]>;
  removeText: string;
  removeNot: string;
  only: string;
  factor: string;
  on: string;
  onText: string;
  off: string;
  offText: string;
  turnOn: string;
  turnOff: string;
  codes: string;
  left: Of<[count: number]>;
  kept: Of<[count: number]>;
  /** Where there are none at all. */
  keptNew: string;
  replaced: TwoLines;
  renew: string;
  renewTitle: string;
  renewText: string;
  renewDo: string;
  renewNot: string;
  changes: string;
  what: Record<SettingChanged, string>;
  until: Of<[moment: string]>;
  notYou: string;
  /** The conversation that changes one of them. */
  intent: Record<SettingChanged, string>;
  note: string;
  stepPassword: string;
  stepApp: string;
  currentLead: Of<[server: string]>;
  currentNext: string;
  /** Below the code of a new address, and of an authenticator that is turned off. */
  codeNext: Record<'add' | 'off', string>;
  setUpTitle: string;
  setUpLead: Of<[server: string]>;
  keep: string;
  keepText: string;
  other: string;
  otherText: string;
  scan: string;
  picture: string;
  typeIt: string;
  codeLabel: Of<[digits: number]>;
  confirm: string;
  wrongCode: TwoLines;
  wrongKept: TwoLines;
  done: Record<SettingChanged, string>;
  doneLead: Record<SettingChanged, Of<[server: string]>>;
  told: string;
  toldText: string;
  keptCodes: string;
  keptCodesText: string;
  keptApp: string;
  keptAppText: string;
  back: string;
  errors: Record<'taken' | 'otherDomain' | 'overtaken' | 'tooWeakAlone', (about: About) => TwoLines>;
  /** A lost answer where no password was changed. */
  unknown: (about: About) => TwoLines;
}
