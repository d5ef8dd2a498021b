import type { AccountState, AddressProblem, ErrorView, KeyProblem, ListProblem, PictureProblem, ProblemView, StrengthHint, WeakReason, Why } from '../bridge';
import type { GuideWords } from './guide/words';
import type { PairingWords } from './pairing/words';
import type { PasswordWords } from './passwords/words';
import type { Part } from './rich';
import type { AuthenticatorWords } from './authenticator/words';
import type { RecoverySettingsWords } from './recoverySettings/words';
import type { ServerWords } from './servers/words';
import type { SitesWords } from './sites/words';
import type { VaultWords } from './vault/words';
import type { SignUpWords } from './signUp/words';
import type { WaysBackWords } from './waysBack/words';

/** What a message may name. */
export interface About {
  server: string;
  /** A span in words, such as "40 seconds". */
  wait: string | null;
}

/** What happened, and what to do. */
export type TwoLines = readonly [what: string, todo: string];

export type ErrorKey =
  | Exclude<ErrorView['kind'], 'address' | 'key' | 'list' | 'picture'>
  | `address.${AddressProblem}`
  | `key.${KeyProblem}`
  | `list.${ListProblem}`
  | `picture.${PictureProblem}`;
export type ProblemKey = ProblemView['kind'];

type Text = string;
type Of<T extends unknown[]> = (...values: T) => string;
type Named = Of<[name: string]>;
type Counted = Of<[count: number]>;
/** A rule by its number, or by the characters it is about. */
type Bounded = Of<[count: number, set: string]>;
type RichOf<T extends unknown[]> = (...values: T) => Part[];

/** Every text that a person reads. A language that lacks one does not compile. */
export interface Words {
  common: Record<
    | 'continue' | 'back' | 'cancel' | 'close' | 'done' | 'help' | 'choose' | 'tryAgain' | 'unlock' | 'practice'
    | 'copy',
    Text
  > & {
    seconds: Counted;
    minutes: Counted;
    /** A span of that many seconds, after "in". */
    wait: Counted;
    today: Named;
    onDay: Of<[day: string, time: string]>;
    hiddenAgain: Named;
  };
  nav: Record<'label' | 'accounts' | 'settings' | 'lock' | 'steps', Text>;
  store: Record<'keptKeychain' | 'keptMemory' | 'locked' | 'missing' | 'broken', Text>;
  firstStart: Record<
    | 'name' | 'intent' | 'note' | 'stepStore' | 'stepAccount' | 'title' | 'lead' | 'keychain' | 'keychainText'
    | 'recommended' | 'memory' | 'memoryText' | 'next' | 'checkAgain',
    Text
  >;
  accounts: Record<
    | 'title' | 'add' | 'search' | 'searchHint' | 'needsYou' | 'all' | 'nothingDo' | 'emptyTitle' | 'emptyText'
    | 'practise',
    Text
  > & { found: Counted; nothing: Named; state: Record<AccountState, Text> };
  add: Record<
    | 'name' | 'intent' | 'note' | 'stepKind' | 'stepWhich' | 'title' | 'server' | 'serverText' | 'practice'
    | 'practiceText' | 'nextServer' | 'nextPractice'
    | 'addressEmpty' | 'find' | 'foundText' | 'signIn' | 'forgot' | 'practiceTitle' | 'practiceLead'
    | 'practiceStart' | 'practiceNext',
    Text
  > & {
    foundTitle: Named;
    foundAt: RichOf<[host: string]>;
    practiceFacts: readonly [TwoLines, TwoLines, TwoLines];
  };
  signIn: Record<
    | 'intent' | 'stepPassword' | 'stepIn' | 'identifier' | 'password' | 'showPassword' | 'hidePassword' | 'capsLock'
    | 'submit' | 'forgot' | 'useSaved' | 'savedHint' | 'needBoth' | 'practiceWhat' | 'practiceDo',
    Text
  > & { title: Named; note: Named };
  recover: Record<
    | 'intent' | 'stepWho' | 'stepCode' | 'stepNew' | 'stepSecond' | 'note' | 'title' | 'submit' | 'next' | 'empty'
    | 'implausible' | 'didYouMean' | 'backAddress' | 'onlineAgain',
    Text
  > & { lead: Named };
  code: Record<
    | 'titleMail' | 'titleLink' | 'titleSaved' | 'titleAuthenticator' | 'titleSecond' | 'labelGroups' | 'labelLink'
    | 'onItsWayNoEnd' | 'leadSaved' | 'leadAuthenticator' | 'leadLink' | 'linkHint' | 'next' | 'nextSecond'
    | 'nextSaved' | 'nextLink' | 'again' | 'ownHand' | 'newNow' | 'getNew' | 'getNewLink' | 'newSent' | 'ranOut'
    | 'ranOutDo' | 'notArrived' | 'otherWay',
    Text
  > & {
    labelDigits: Counted;
    moreLeft: Counted;
    sent: RichOf<[to: string, at: string, until: string]>;
    sentNoEnd: RichOf<[to: string, at: string]>;
    onItsWay: RichOf<[at: string, until: string]>;
    newIn: RichOf<[clock: string]>;
  };
  doctor: Record<
    | 'title' | 'looking' | 'serverAwayDo' | 'offline' | 'offlineDo' | 'again' | 'mistyped' | 'change'
    | 'rightAddress' | 'spam' | 'slow' | 'slowNow' | 'mailbox' | 'mailboxDo' | 'operator' | 'operatorDo'
    | 'operatorAsk' | 'operatorTitle' | 'operatorCopy' | 'operatorCopied',
    Text
  > & {
    fine: Named;
    serverAway: Named;
    mistypedDo: Of<[domain: string, suggestion: string]>;
    rightAddressDo: Named;
    spamDo: Named;
    slowIn: Named;
    mailboxNone: Named;
    operatorText: Of<[server: string, host: string]>;
  };
  ways: Record<
    | 'title' | 'noneDo' | 'backCode' | 'mailCode' | 'mailCodeText' | 'mailLink' | 'mailLinkText' | 'recoveryCode'
    | 'recoveryCodeText' | 'authenticator' | 'authenticatorText',
    Text
  > & { lead: Named; none: Named; to: Named } & ServerWords['ways'];
  mailbox: Record<'open' | 'title' | 'empty' | 'look' | 'browser' | 'codesTitle' | 'codesText', Text>;
  newPassword: Record<
    | 'intentChange' | 'noteChange' | 'title' | 'leadMade' | 'leadOwn' | 'source' | 'makeOne' | 'typeOwn' | 'another'
    | 'kind' | 'words' | 'characters' | 'length' | 'making' | 'use' | 'field' | 'repeat' | 'notSame' | 'notYet'
    | 'notYetStrong' | 'notYetRepeat' | 'strength' | 'met' | 'unmet' | 'unknownTitle' | 'findOut',
    Text
  > & {
    countWords: Counted;
    countCharacters: Counted;
    savedKeychain: Named;
    savedMemory: Named;
    fits: Of<[server: string, count: number]>;
    next: Named;
    score: readonly [Text, Text, Text, Text, Text];
    hint: Record<StrengthHint, Text>;
    rule: Record<WeakReason['kind'], Bounded>;
    unknownLead: Named;
    unknownNext: Named;
  };
  current: Record<'title' | 'stepCurrent' | 'byCode' | 'next' | 'empty', Text> & { lead: Named };
  success: Record<
    | 'backIn' | 'in' | 'changed' | 'savedKeychain' | 'savedMemory' | 'savedSignInKeychain' | 'savedSignInMemory'
    | 'oldKept' | 'memoryDo' | 'endedNone' | 'endedNoneText' | 'endedText' | 'noticeText',
    Text
  > & {
    leadRecover: Named;
    leadSignIn: Named;
    leadChanged: Named;
    leadConfirmed: Named;
    ended: Counted;
    notice: Of<[server: string, to: string]>;
    open: Named;
  };
  account: Record<
    | 'signIn' | 'password' | 'none' | 'noneText' | 'showPassword' | 'hidePassword' | 'copyPassword'
    | 'waiting' | 'waitingText' | 'hideHistory' | 'waysBack' | 'mailboxText' | 'recover' | 'getCode'
    | 'noRecoverText' | 'sessions' | 'here' | 'thisComputer' | 'now' | 'endSession' | 'endOthers' | 'noOthers'
    | 'noSessions' | 'endOthersText' | 'endOthersDo' | 'endText' | 'settings' | 'changeTitle' | 'changeText'
    | 'changeByCode' | 'changeByCodeText' | 'changeDo' | 'leave' | 'signOut' | 'signedOut' | 'remove' | 'removeDo'
    | 'keep' | 'fits' | 'fitsDo' | 'air' | 'airDo',
    Text
  > & {
    since: Named;
    open: Named;
    changed: Named;
    older: Counted;
    showHistory: Counted;
    why: Record<Why, Text>;
    mailbox: Named;
    recoverText: Named;
    noRecover: Named;
    endSessionOf: Named;
    ended: Counted;
    endOthersTitle: Named;
    endTitle: Named;
    changeNoCurrent: Named;
    removeTitle: Of<[name: string, identifier: string]>;
    removeText: Named;
  };
  settings: Record<
    | 'title' | 'passwords' | 'storeText' | 'storeMemoryText' | 'storeToMemory' | 'storeToKeychain' | 'toMemoryTitle'
    | 'toMemoryText' | 'toKeychainTitle' | 'toKeychainText' | 'switchDo' | 'clear' | 'clearText' | 'window' | 'theme'
    | 'themeText' | 'language' | 'languageText' | 'languageSystem' | 'lockAfter' | 'lockAfterText' | 'never' | 'help'
    | 'practise' | 'practiseText' | 'practiseDo' | 'keys' | 'keysText' | 'keysDo' | 'about',
    Text
  > & {
    after: Named;
    themes: Record<'system' | 'light' | 'dark', Text>;
    version: Named;
  };
  lock: Record<'title' | 'lead' | 'unlock', Text> & { leadAway: Of<[time: string, span: string]> };
  help: Record<
    'title' | 'enter' | 'back' | 'search' | 'lock' | 'help' | 'stuck' | 'stuckText' | 'practise' | 'practiseText',
    Text
  >;
  toast: Record<'label' | 'clear' | 'cleared', Text> & { copied: Named };
  problems: Record<ProblemKey, (about: About) => TwoLines>;
  weak: Record<WeakReason['kind'], Bounded>;
  authenticator: AuthenticatorWords;
  servers: ServerWords;
  guide: GuideWords;
  sites: SitesWords;
  pairing: PairingWords;
  recoverySettings: RecoverySettingsWords;
  passwords: PasswordWords;
  vault: VaultWords;
  signUp: SignUpWords;
  waysBack: WaysBackWords;
  errors: Record<ErrorKey, (about: About) => TwoLines>;
}
