// This file is generated from src-tauri/view.rs; do not edit it.
import { invoke as __TAURI_INVOKE } from '@tauri-apps/api/core';

export const commands = {
  start: () => __TAURI_INVOKE<Start>('start'),
  shown: () => __TAURI_INVOKE<null>('shown'),
  saveSettings: (settings: Settings) =>
    typedError<Settings, ErrorView>(__TAURI_INVOKE('save_settings', { settings })),
  chooseStore: (kind: StoreKind) =>
    typedError<StoreView, ErrorView>(__TAURI_INVOKE('choose_store', { kind })),
  storeState: () => __TAURI_INVOKE<StoreView>('store_state'),
  unlockStore: () => typedError<StoreView, ErrorView>(__TAURI_INVOKE('unlock_store')),
  accounts: () => typedError<AccountRow[], ErrorView>(__TAURI_INVOKE('accounts')),
  account: (id: string) => typedError<AccountPage, ErrorView>(__TAURI_INVOKE('account', { id })),
  findServer: (address: string) =>
    typedError<ServerView, ErrorView>(__TAURI_INVOKE('find_server', { address })),
  startPractice: () => typedError<PracticeView, ErrorView>(__TAURI_INVOKE('start_practice')),
  practiceMails: () => typedError<PracticeMail[], ErrorView>(__TAURI_INVOKE('practice_mails')),
  openPracticeOutbox: () => typedError<null, ErrorView>(__TAURI_INVOKE('open_practice_outbox')),
  begin: (form: BeginForm) => typedError<View, ErrorView>(__TAURI_INVOKE('begin', { form })),
  answer: (flow: number, answer: AnswerForm) =>
    typedError<View, ErrorView>(__TAURI_INVOKE('answer', { flow, answer })),
  look: (flow: number) => typedError<View, ErrorView>(__TAURI_INVOKE('look', { flow })),
  cancel: (flow: number) => __TAURI_INVOKE<null>('cancel', { flow }),
  generate: (flow: number, form: GenerateForm) =>
    typedError<Generated, ErrorView>(__TAURI_INVOKE('generate', { flow, form })),
  copyGenerated: (flow: number) =>
    typedError<Copied, ErrorView>(__TAURI_INVOKE('copy_generated', { flow })),
  checkPassword: (flow: number, password: string) =>
    typedError<Strength, ErrorView>(__TAURI_INVOKE('check_password', { flow, password })),
  checkIdentifier: (identifier: string) =>
    __TAURI_INVOKE<IdentifierCheck>('check_identifier', { identifier }),
  doctor: (flow: number) => typedError<DoctorView, ErrorView>(__TAURI_INVOKE('doctor', { flow })),
  sessions: (account: string) =>
    typedError<DeviceView[], ErrorView>(__TAURI_INVOKE('sessions', { account })),
  endSession: (account: string, session: string) =>
    typedError<null, ErrorView>(__TAURI_INVOKE('end_session', { account, session })),
  endOtherSessions: (account: string) =>
    typedError<number, ErrorView>(__TAURI_INVOKE('end_other_sessions', { account })),
  signOut: (account: string) => typedError<null, ErrorView>(__TAURI_INVOKE('sign_out', { account })),
  removeAccount: (account: string) =>
    typedError<null, ErrorView>(__TAURI_INVOKE('remove_account', { account })),
  revealPassword: (account: string, past: string | null) =>
    typedError<Revealed, ErrorView>(__TAURI_INVOKE('reveal_password', { account, past })),
  copyPassword: (account: string, past: string | null) =>
    typedError<Copied, ErrorView>(__TAURI_INVOKE('copy_password', { account, past })),
  clearClipboard: () => typedError<null, ErrorView>(__TAURI_INVOKE('clear_clipboard')),
  openServer: (account: string) =>
    typedError<null, ErrorView>(__TAURI_INVOKE('open_server', { account })),
  lock: () => __TAURI_INVOKE<null>('lock'),
  unlock: () => typedError<StoreView, ErrorView>(__TAURI_INVOKE('unlock')),
};

/* Types */
export type Start = {
  firstStart: boolean;
  settings: Settings;
  store: StoreView;
  system: System;
  version: string;
};
export type System = 'linux' | 'windows' | 'macOs';
export type Settings = {
  theme: Theme;
  language: Language;
  store: StoreKind;
  lockAfterMinutes: number;
  clearClipboardSeconds: number;
};
export type Theme = 'system' | 'light' | 'dark';
export type Language = 'system' | 'en' | 'ru' | 'de' | 'es';
export type StoreKind = 'keychain' | 'memory';
export type StoreView = { kind: StoreKind; state: StoreState };
export type StoreState = 'ready' | 'locked' | 'dismissed' | 'missing' | 'broken';
export type AccountRow = {
  id: string;
  name: string;
  identifier: string;
  server: string;
  practice: boolean;
  state: AccountState;
};
export type AccountState = 'signedIn' | 'passwordSaved' | 'signedOut' | 'noPasswordFits' | 'inTheAir';
export type AccountPage = {
  account: AccountRow;
  signedInAt: number | null;
  password: PasswordFacts | null;
  waiting: PastView[];
  history: PastView[];
  abilities: Abilities;
  mailbox: string | null;
};
export type PasswordFacts = { changedAt: number };
export type PastView = { id: string; at: number; why: Why };
export type Why = 'replaced' | 'notAccepted' | 'notUsed' | 'notUsedYet' | 'sent';
export type Abilities = { recover: boolean; changeWithCurrent: boolean; sessions: boolean };
export type DeviceView = {
  id: string;
  name: string;
  lastUsedAt: number;
  current: boolean;
  network: string | null;
};
export type ServerView = {
  address: string;
  name: string;
  host: string;
  practice: boolean;
  abilities: Abilities;
};
export type PracticeView = { server: ServerView; identifier: string; recoveryCodes: string[] };
export type PracticeMail = { id: string; at: number; subject: string; text: string };
export type Target = { kind: 'account'; id: string } | { kind: 'server'; address: string };
export type IntentKind = 'signIn' | 'recover' | 'changePassword';
export type BeginForm = { target: Target; intent: IntentKind; identifier: string | null };
export type View = {
  flow: number;
  intent: IntentKind;
  server: ServerView;
  identifier: string;
  question: Question;
  problem: ProblemView | null;
};
export type Question =
  | { kind: 'password'; purpose: PasswordPurpose; saved: boolean }
  | ({ kind: 'code' } & CodeView)
  | ({ kind: 'newPassword' } & NewPasswordView)
  | ({ kind: 'done' } & DoneView);
export type PasswordPurpose = 'signIn' | 'current';
export type CodeView = {
  purpose: CodePurpose;
  way: Way;
  sentTo: string | null;
  shape: CodeShape;
  sentAt: number | null;
  validUntil: number | null;
  resendIn: number | null;
  otherWays: Way[];
};
export type CodePurpose = 'recovery' | 'secondFactor';
export type Way = 'mailCode' | 'mailLink' | 'recoveryCode' | 'authenticator';
export type CodeShape =
  | { kind: 'digits'; length: number }
  | { kind: 'groups'; groups: number; size: number }
  | { kind: 'link' };
export type NewPasswordView = { minLength: number; maxLength: number; unknown: boolean };
export type DoneView = {
  account: string;
  what: Done;
  store: StoreKind;
  savedAt: number;
  oldKept: boolean;
  sessionsEnded: number | null;
  noticeTo: string | null;
};
export type Done = 'signedIn' | 'passwordChanged' | 'changeConfirmed';
export type AnswerForm =
  | { kind: 'password'; password: string }
  | { kind: 'saved' }
  | { kind: 'code'; code: string }
  | { kind: 'newPassword'; password: string; repeat: string }
  | { kind: 'useGenerated' }
  | { kind: 'resend' }
  | { kind: 'otherWay'; way: Way }
  | { kind: 'findOut' };
export type ProblemView =
  | { kind: 'wrongPassword' }
  | { kind: 'noPasswordFits' }
  | { kind: 'wrongCode' }
  | { kind: 'weakPassword'; reasons: WeakReason[] }
  | { kind: 'mismatch' }
  | { kind: 'tooSoon'; wait: number }
  | { kind: 'badIdentifier' }
  | { kind: 'notChanged' };
export type WeakReason =
  | { kind: 'tooShort'; min: number }
  | { kind: 'tooLong'; max: number }
  | { kind: 'common' }
  | { kind: 'containsIdentifier' }
  | { kind: 'containsServer' }
  | { kind: 'guessable' }
  | { kind: 'sameAsCurrent' };
export type ErrorView =
  | { kind: 'offline' }
  | { kind: 'serverTrouble' }
  | { kind: 'rateLimited'; wait: number | null }
  | { kind: 'expired' }
  | { kind: 'refused' }
  | { kind: 'signedOut' }
  | { kind: 'locked' }
  | { kind: 'dismissed' }
  | { kind: 'noKeychain' }
  | { kind: 'storeBroken' }
  | { kind: 'outcomeUnknown' }
  | { kind: 'unsupported' }
  | { kind: 'protocol' }
  | { kind: 'notTrusted' }
  | { kind: 'unreadable' }
  | { kind: 'clipboard' }
  | { kind: 'gone' }
  | { kind: 'address'; why: AddressProblem }
  | { kind: 'bug' };
export type AddressProblem = 'empty' | 'notAnAddress' | 'notEncrypted' | 'noAccountServer' | 'notFound';
export type GenerateForm = { kind: GenerateKind; length: number };
export type GenerateKind = 'words' | 'characters';
export type Generated = { password: string; strength: Strength; savedAt: number; store: StoreKind };
export type Strength = { score: number; hint: StrengthHint | null; rules: RuleView[]; ok: boolean };
export type StrengthHint =
  | 'addWords'
  | 'keyboard'
  | 'repeats'
  | 'sequence'
  | 'year'
  | 'date'
  | 'common'
  | 'name'
  | 'substitution'
  | 'reversed'
  | 'capitals';
export type RuleView = { rule: WeakReason; met: boolean };
export type Revealed = { password: string; hideIn: number };
export type Copied = { clearIn: number };
export type IdentifierCheck = { plausible: boolean; suggestion: string | null };
export type DoctorView = {
  reach: Reach;
  suggestion: string | null;
  domain: string | null;
  resendIn: number | null;
  otherWays: Way[];
};
export type Reach = 'fine' | 'serverAway' | 'offline';

/* Runtime */
async function typedError<T, E>(
  result: Promise<T>,
): Promise<{ status: 'ok'; data: T } | { status: 'error'; error: E }> {
  try {
    return { status: 'ok', data: await result };
  } catch (e) {
    if (e instanceof Error) throw e;
    return { status: 'error', error: e as E };
  }
}
