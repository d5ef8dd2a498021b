import type { Words } from './i18n/words';
import type { IntentKind, Question } from './bridge';

export interface Steps {
  names: string[];
  /** Index of the current one. */
  at: number;
}

/** The steps of a conversation, and where it stands. `question` is null while a form asks who it is. */
export function stepsOf(intent: IntentKind, question: Question | null, t: Words): Steps {
  const second = question?.kind === 'code' && question.purpose === 'secondFactor';
  const names = namesOf(intent, question, second, t);
  return { names, at: question === null ? 0 : indexOf(intent, question, second, names.length) };
}

function namesOf(intent: IntentKind, question: Question | null, second: boolean, t: Words): string[] {
  const between = second ? [t.recover.stepSecond] : [];
  switch (intent) {
    case 'signIn':
      return [t.signIn.stepPassword, ...between, t.signIn.stepIn];
    case 'recover':
      return [t.recover.stepWho, t.recover.stepCode, t.recover.stepNew, ...between, t.signIn.stepIn];
    case 'changePassword': {
      const current = question?.kind === 'password' ? [t.current.stepCurrent] : [];
      return [...current, t.recover.stepNew, ...between, t.common.done];
    }
  }
}

function indexOf(intent: IntentKind, question: Question, second: boolean, length: number): number {
  if (question.kind === 'done') return length - 1;
  if (second) return length - 2;
  if (intent !== 'recover') return 0;
  return question.kind === 'newPassword' || question.kind === 'password' ? 2 : 1;
}

/** How far the door stands open, 0–4. */
export const doorOf = ({ names, at }: Steps): number => Math.min(4, Math.round((at / (names.length - 1)) * 4));
