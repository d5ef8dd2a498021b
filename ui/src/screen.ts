import type { Question } from './bridge';
import type { Panel } from './flow.svelte';
import type { ScreenName } from './testids';

/** The screen that a question is drawn on. */
export function screenOf(question: Question, panel: Panel | null): ScreenName {
  switch (question.kind) {
    case 'password':
      return question.purpose === 'signIn' ? 'sign-in' : 'current-password';
    case 'code':
      if (panel === 'ways') return 'ways';
      return question.purpose === 'secondFactor' ? 'second-factor' : 'code';
    case 'setUpAuthenticator':
      return 'set-up-authenticator';
    case 'chooseAddress':
      return 'choose-address';
    case 'confirmAddress':
      return 'confirm-address';
    case 'newPassword':
      return 'new-password';
    case 'scanQr':
      return 'scan-qr';
    case 'confirmCode':
      return 'confirm-code';
    case 'waitForPhone':
      return 'wait-for-phone';
    case 'confirmAccount':
      return 'confirm-account';
    case 'showCode':
      return 'show-code';
    case 'allowPhone':
      return 'allow-phone';
    case 'guide':
      return 'guide';
    case 'setPassword':
      return 'set-password';
    case 'done':
      return 'done';
  }
}
