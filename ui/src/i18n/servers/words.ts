import type { KeyProblem, ServerKind } from '../../bridge';
import type { Part } from '../rich';
import type { TwoLines } from '../words';

type RichOf<A extends unknown[]> = (...args: A) => Part[];
type Named = (name: string) => string;

/** What is said about account servers that others run. */
export interface ServerWords {
  /** What kind of server it is. */
  kind: Record<ServerKind, string>;
  addressTitle: string;
  addressLead: string;
  addressLabel: string;
  addressHint: string;
  /** Above the choice where more than one was found. */
  several: (count: number) => string;
  able: Record<'signIn' | 'recover' | 'recoverByMailbox' | 'change' | 'sessions', string>;
  /** What the server cannot do. */
  unable: Record<'recover' | 'change' | 'sessions', Named>;
  untried: string;
  untriedText: string;
  noSessions: Named;
  noSessionsText: Named;
  mailbox: string;
  mailboxLead: Named;
  mailboxEmpty: string;
  mailboxWanted: string;
  opened: string;
  openedText: string;
  linkTitle: string;
  linkLead: string;
  anyLabel: string;
  anyHint: string;
  ways: Record<'textCode' | 'textCodeText' | 'otherAddress' | 'otherAddressText', string>;
  /** Which of the account's addresses gets the code. */
  addressesTitle: string;
  addressesLead: Named;
  addressesNext: string;
  addressesNextWhole: string;
  addressesBack: string;
  addressTyped: string;
  /** The whole of a masked address. */
  wholeTitle: string;
  wholeLead: RichOf<[masked: string]>;
  wholeMailbox: string;
  wholePhone: string;
  wholeSend: string;
  wholeNext: string;
  notThatAddress: () => TwoLines;
  textTitle: string;
  /** The public key that a gateway wants. */
  keyWanted: string;
  keyWantedDo: string;
  keyLabel: string;
  keyHint: string;
  keyEmpty: string;
  errors: Record<
    'needsMailbox' | 'unknownAccount' | 'proveAgain' | 'wantsKey' | 'wrongKey' | `key.${KeyProblem}`,
    (about: { server: string }) => TwoLines
  >;
  notOpened: () => TwoLines;
  /** Rules of a password, as wishes. */
  rule: Record<'needsDigit' | 'needsLowercase' | 'needsUppercase' | 'needsSymbol', () => string>;
  /** The same, as what was missing. */
  weak: Record<'needsDigit' | 'needsLowercase' | 'needsUppercase' | 'needsSymbol', () => string>;
}
