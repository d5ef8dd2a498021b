import type { ServerKind } from '../../bridge';
import type { TwoLines } from '../words';

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
  errors: Record<'needsMailbox' | 'unknownAccount' | 'proveAgain', (about: { server: string }) => TwoLines>;
  notOpened: () => TwoLines;
  /** Rules of a password, as wishes. */
  rule: Record<'needsDigit' | 'needsLowercase' | 'needsUppercase' | 'needsSymbol', () => string>;
  /** The same, as what was missing. */
  weak: Record<'needsDigit' | 'needsLowercase' | 'needsUppercase' | 'needsSymbol', () => string>;
}
