import type { IntentKind, Question } from './bridge';
import type { Entry, Flow } from './flow.svelte';
import { textOf } from './i18n/guide';
import type { Words } from './i18n/words';

export interface Steps {
  names: string[];
  /** Index of the current one. */
  at: number;
}

/**
 * The steps of a conversation, and where it stands. `question` is null while a form asks who it is, and when a phone
 * came to nothing. `guarded`: the phone shows a code that is typed here.
 */
export function stepsOf(intent: IntentKind, question: Question | null, t: Words, guarded = true): Steps {
  const second = question?.kind === 'code' && question.purpose === 'secondFactor';
  const names = namesOf(intent, question, second, t, guarded);
  return { names, at: question === null ? 0 : indexOf(intent, question, second, names.length) };
}

function namesOf(intent: IntentKind, question: Question | null, second: boolean, t: Words, guarded: boolean): string[] {
  const between = second ? [t.recover.stepSecond] : [];
  switch (intent) {
    case 'signIn':
      return [t.signIn.stepPassword, ...between, t.signIn.stepIn];
    case 'recover':
      return [t.recover.stepWho, t.recover.stepCode, t.recover.stepNew, ...between, t.signIn.stepIn];
    case 'signUp':
      return [t.signUp.stepAddress, t.recover.stepCode, t.signUp.stepPassword, t.signUp.stepDone];
    case 'changePassword': {
      const current = question?.kind === 'password' ? [t.current.stepCurrent] : [];
      return [...current, t.recover.stepNew, ...between, t.common.done];
    }
    case 'pair':
      return [t.pairing.stepScan, guarded ? t.pairing.stepCode : t.pairing.stepYes, t.signIn.stepIn];
    case 'changeRecovery': {
      const s = t.recoverySettings;
      if (question?.kind === 'password') return [s.stepPassword, t.common.done];
      if (question?.kind === 'setUpAuthenticator') return [s.stepApp, t.common.done];
      if (question?.kind === 'code') return [t.recover.stepCode, t.common.done];
      return [t.common.done];
    }
    case 'linkPhone':
      return [t.pairing.stepScan, t.pairing.stepShow, t.pairing.stepLinked];
  }
}

function indexOf(intent: IntentKind, question: Question, second: boolean, length: number): number {
  if (question.kind === 'done') return length - 1;
  if (second) return length - 2;
  if (intent === 'pair' || intent === 'linkPhone') return question.kind === 'scanQr' ? 0 : 1;
  if (intent !== 'recover' && intent !== 'signUp') return 0;
  return question.kind === 'newPassword' || question.kind === 'password' ? 2 : 1;
}

/** With a phone the door opens with every question, although some of them are one step. */
export function doorWithPhone(question: Question | null): number {
  switch (question?.kind) {
    case 'scanQr':
      return 1;
    case 'confirmCode':
    case 'showCode':
      return 2;
    case 'waitForPhone':
    case 'confirmAccount':
    case 'allowPhone':
      return 3;
    case 'done':
      return 4;
    default:
      return 0;
  }
}

/** How far the door stands open, 0–4. */
export const doorOf = ({ names, at }: Steps): number => names.length < 2 ? 4 : Math.min(4, Math.round((at / (names.length - 1)) * 4));

/** What stands on the threshold while a guide is walked: its own steps, once they are known. */
export function guidedThreshold(
  entry: Entry,
  { walk, intent }: Flow,
  question: Question | null,
  t: Words,
  tongue: string,
): { intent: string; steps: Steps; note: string | null } {
  const recovers = intent === 'recover';
  const plain = intent === 'changePassword' ? t.newPassword.intentChange : recovers ? t.recover.intent : t.signIn.intent;
  const note =
    question?.kind === 'done'
      ? null
      : question?.kind === 'setPassword'
        ? t.guide.noteSetting(entry.name)
        : walk
          ? t.guide.note
          : recovers
            ? t.guide.note
            : t.guide.signInNote;
  if (!walk) {
    const names =
      intent === 'changePassword'
        ? [t.recover.stepNew, t.common.done]
        : recovers
          ? [t.recover.stepWho, t.recover.stepCode, t.recover.stepNew, t.signIn.stepIn]
          : [t.signIn.stepPassword, t.signIn.stepIn];
    // Come back to where the password is made: the steps before are behind.
    const made = question?.kind === 'newPassword' ? names.length - 2 : 0;
    return { intent: plain, steps: { names, at: question?.kind === 'done' ? names.length - 1 : made }, note };
  }
  const own = walk.steps.map((step) => textOf(step, tongue));
  const done = question?.kind === 'done';
  return {
    intent: done ? plain : t.guide.intent(walk.at + 1, own.length),
    steps: { names: [...own, t.signIn.stepIn], at: done ? own.length : walk.at },
    note,
  };
}
