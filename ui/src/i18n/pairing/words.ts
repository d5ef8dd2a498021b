import type { Part } from '../rich';
import type { About, TwoLines } from '../words';

type RichOf<A extends unknown[]> = (...args: A) => Part[];
type Named = (name: string) => string;
type Steps = readonly [string, string, string];

/** What is said where a phone signs this computer in, or is signed in by it. */
export interface PairingWords {
  able: string;
  begin: string;
  intent: string;
  note: string;
  stepScan: string;
  stepCode: string;
  /** Where the phone shows no code. */
  stepYes: string;
  backQr: string;
  copyKey: string;
  /** The QR code. */
  scanTitle: string;
  picture: string;
  how: (server: string) => Steps;
  howUnguarded: (server: string) => Steps;
  renewsIn: RichOf<[clock: string]>;
  renewing: string;
  typed: RichOf<[address: string]>;
  copy: string;
  copied: string;
  enlarge: string;
  unguardedLead: string;
  unguarded: (server: string) => TwoLines;
  identityOnly: (server: string) => TwoLines;
  /** The code from the phone. */
  confirmTitle: string;
  /** `span`: such as "8 seconds". */
  scanned: Named;
  timeLeft: RichOf<[clock: string]>;
  triesLeft: (count: number) => string;
  confirmNext: string;
  ownHand: TwoLines;
  wrongCode: TwoLines;
  wrongPassword: TwoLines;
  savedWrong: TwoLines;
  waitTitle: string;
  waitLead: string;
  /** Who the phone says it is. */
  accountTitle: RichOf<[identifier: string, server: string]>;
  mailbox: Named;
  listed: TwoLines;
  weak: (until: string) => TwoLines;
  yes: string;
  no: string;
  noNext: string;
  /** The other direction. */
  link: string;
  linkText: string;
  linkIntent: string;
  linkNote: string;
  stepShow: string;
  stepLinked: string;
  linkTitle: string;
  linkHow: (server: string) => Steps;
  showTitle: string;
  showLead: Named;
  showLabel: string;
  showHand: TwoLines;
  allowTitle: string;
  allowLead: (identifier: string, server: string) => string;
  network: Named;
  allow: string;
  deny: string;
  allowEmpty: string;
  allowNext: string;
  /** It came to nothing. */
  expired: TwoLines;
  refused: TwoLines;
  refusedLink: TwoLines;
  again: string;
  startAgain: string;
  byPassword: string;
  /** It went well. */
  pairedLead: Named;
  pairedSaved: TwoLines;
  pairedMemory: TwoLines;
  pairedPassword: TwoLines;
  goToAccount: string;
  linkedTitle: string;
  linkedLead: Named;
  linkedWeak: TwoLines;
  linkedEnd: TwoLines;
  hours: (count: number) => string;
  stillTrying: () => TwoLines;
  errors: Record<'tooNew', (about: About) => TwoLines>;
}
