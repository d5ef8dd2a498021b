import type { Words } from './i18n/words';
import type { Steps } from './steps';
import type { ScreenName } from './testids';

interface Threshold {
  name: string;
  intent: string;
  sign: 'vault' | 'lost';
  steps: Steps;
  note: string | null;
  open: number;
}

/** What stands at the left of a question about the vault, or about lost answers; null for other screens. */
export function vaultThreshold(
  screen: ScreenName,
  purpose: 'vault' | 'key',
  mustSet: boolean,
  found: boolean,
  t: Words,
): Threshold | null {
  const { create, password, renew, air } = t.vault;
  const sign = 'vault';
  if (screen === 'in-the-air') {
    const steps = { names: [air.stepLook, air.stepKnow], at: found ? 1 : 0 };
    return { name: air.name, intent: air.intent, sign: 'lost', steps, note: air.note, open: found ? 3 : 1 };
  }
  if (screen === 'vault-password') {
    const steps = { names: [create.stepPassword, t.common.done], at: 0 };
    return { name: create.name, intent: password.intent, sign, steps, note: password.note, open: mustSet ? 3 : 2 };
  }
  if (screen === 'vault-new-key' || (screen === 'vault-key' && purpose === 'key')) {
    const steps = { names: [create.stepPassword, create.stepKey, t.common.done], at: screen === 'vault-key' ? 1 : 0 };
    return { name: create.name, intent: renew.intent, sign, steps, note: create.note, open: steps.at + 1 };
  }
  const at = ['vault-create', 'vault-key', 'vault-ready'].indexOf(screen);
  if (at < 0) return null;
  const steps = { names: [create.stepPassword, create.stepKey, create.stepReady], at };
  return { name: create.name, intent: create.intent, sign, steps, note: create.note, open: at === 2 ? 4 : at + 1 };
}
