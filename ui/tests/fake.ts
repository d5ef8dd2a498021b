import { vi } from 'vitest';
import {
  type AnswerForm,
  type BeginForm,
  type CodeView,
  type ErrorView,
  type PairedView,
  type QrView,
  type Question,
  Trouble,
  type View,
} from '../src/bridge';
import type { Entry } from '../src/flow.svelte';

export const server = {
  address: 'https://accounts.dorfladen.example',
  name: 'Dorfladen',
  host: 'accounts.dorfladen.example',
  practice: false,
  kind: 'recoveryServer' as const,
  tried: true,
  abilities: {
    recover: true,
    recoverByMailbox: false,
    changeWithCurrent: true,
    sessions: true,
    pair: 'full' as const,
    linkPhone: true, guided: false, signUp: false, recoverySettings: true,
  },
};

export const entry: Entry = {
  target: { kind: 'server', address: server.address, server: server.kind },
  name: server.name,
  host: server.host,
  practice: false,
  abilities: server.abilities,
  account: null,
  saved: false,
  asksMailbox: false,
};
export const listed: Entry = { ...entry, target: { kind: 'account', id: 'a1' }, account: 'a1', saved: true };

export const password: Question = { kind: 'password', purpose: 'signIn', saved: false };
export const current: Question = { kind: 'password', purpose: 'current', saved: false };
export const code = (part: Partial<CodeView> = {}): Question => ({
  kind: 'code',
  purpose: 'recovery',
  way: 'mailCode',
  sentTo: 'j•••@gmail.com',
  shape: { kind: 'digits', length: 8 },
  sentAt: 1000,
  validUntil: 1600,
  resendIn: 60,
  otherWays: ['recoveryCode'],
  mayBeOpened: false,
  kept: false,
  ...part,
});
export const fresh: Question = { kind: 'newPassword', minLength: 15, maxLength: 256, unknown: false };
export const done: Question = {
  kind: 'done',
  account: 'a1',
  what: 'passwordChanged',
  store: 'keychain',
  savedAt: 1000,
  oldKept: true,
  sessionsEnded: 3,
  noticeTo: null,
};

export const scan = (part: Partial<QrView> = {}): Question => ({
  kind: 'scanQr',
  svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"/>',
  smallestSide: 328,
  address: 'accounts.dorfladen.example/device',
  letters: 'BCDFG-HJKLM',
  shownAt: 1000,
  renewsAt: 1050,
  validUntil: 1300,
  guarded: true,
  reach: 'full',
  ...part,
});
export const confirmCode: Question = { kind: 'confirmCode', digits: 6, scannedAt: 1000, validUntil: 1180, triesLeft: null };
export const waitForPhone: Question = { kind: 'waitForPhone', validUntil: 1180 };
export const confirmAccount = (part: Partial<PairedView> = {}): Question => ({
  kind: 'confirmAccount',
  identifier: 'jana@gmail.com',
  mailbox: 'j•••@gmail.com',
  reach: 'full',
  weakUntil: null,
  listed: false,
  ...part,
});
export const showCode: Question = {
  kind: 'showCode',
  code: '048213',
  phone: 'Firefox on Android',
  network: '203.0.113.0/24',
  validUntil: 1180,
};
export const allowPhone: Question = { kind: 'allowPhone', phone: 'Firefox on Android', network: null, saved: true };

export const view = (question: Question, part: Partial<View> = {}): View => ({
  flow: 1,
  intent: 'recover',
  change: null,
  server,
  identifier: 'jana@gmail.com',
  question,
  problem: null,
  ...part,
});

type Reply = View | ErrorView;
const isView = (reply: Reply): reply is View => 'flow' in reply;

/** Answers each call with the next reply of its script; an error is thrown as the real bridge throws it. */
export function script(replies: Reply[]) {
  const calls: unknown[][] = [];
  const next = async (): Promise<View> => {
    const reply = replies.shift();
    if (reply === undefined) throw new Error('the script is over');
    if (isView(reply)) return reply;
    throw new Trouble(reply);
  };
  return {
    calls,
    begin: vi.fn(async (form: BeginForm) => {
      calls.push(['begin', form]);
      return next();
    }),
    answer: vi.fn(async (flow: number, answer: AnswerForm) => {
      calls.push(['answer', flow, answer]);
      return next();
    }),
    look: vi.fn(async (flow: number) => {
      calls.push(['look', flow]);
      return next();
    }),
    cancel: vi.fn(async (flow: number) => {
      calls.push(['cancel', flow]);
    }),
  };
}
