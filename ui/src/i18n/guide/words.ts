import type { PageFoundBy } from '../../bridge';
import type { TwoLines } from '../words';

type Of<T extends unknown[]> = (...values: T) => string;

/** Sites that only the person can talk to, and the guides through them. */
export interface GuideWords {
  /** Among the kinds of account to add. */
  site: string;
  siteText: string;
  nextSite: string;
  title: string;
  lead: string;
  label: string;
  none: Of<[words: string]>;
  noneDo: string;
  own: Of<[day: string]>;
  general: string;
  continueWith: Of<[site: string]>;
  next: string;
  nextLost: string;
  empty: string;
  /** In the search of the accounts. */
  websites: string;
  /** For those who do not see them. */
  sitesFound: Of<[count: number]>;
  searchHint: string;
  intent: Of<[at: number, of: number]>;
  note: string;
  noteSetting: Of<[site: string]>;
  signInNote: string;
  /** The identifier's form, in place of what it says where a server is asked. */
  recoverLead: Of<[site: string]>;
  recoverSubmit: string;
  recoverNext: string;
  signInSubmit: string;
  /** Below “Use this password”. */
  nextSet: Of<[site: string]>;
  open: string;
  openAgain: string;
  opened: Of<[host: string]>;
  foundBy: Record<PageFoundBy, string>;
  /** The site was to be asked for its page, and did not answer. */
  unreached: string;
  elsewhere: Of<[host: string]>;
  see: string;
  nextStep: string;
  took: Of<[site: string]>;
  notTaken: Of<[site: string]>;
  letIn: string;
  notLetIn: string;
  scanned: string;
  notScanned: string;
  resend: string;
  resendIn: Of<[wait: string]>;
  nothing: string;
  hints: string;
  left: Of<[day: string]>;
  startOver: string;
  source: Of<[source: string, day: string]>;
  old: string;
  madeSafe: Record<'keychain' | 'vault' | 'memory', string>;
  show: string;
  hide: string;
  copy: string;
  copyIdentifier: Of<[identifier: string]>;
  /** On the account's page. */
  pending: Of<[site: string]>;
  pendingDo: string;
  begun: Of<[step: number]>;
  begunSince: Of<[day: string]>;
  goOn: string;
  changeText: string;
  recoverTitle: string;
  recoverText: string;
  doneChanged: Of<[site: string]>;
  doneSignedIn: Of<[site: string]>;
  donePhone: Of<[site: string]>;
  errors: { browser: () => TwoLines };
  problems: { notTaken: () => TwoLines };
}
