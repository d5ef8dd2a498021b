// What the fake server lets people back in by. ?bounced (the last mail came back) ?replaced (codes were renewed elsewhere) ?two (addresses) ?totp (the authenticator is on)
import type { AnswerForm, ErrorView, ProblemView, Question, RecoverySettingsView, SettingChange, SettingChanged } from '../src/bindings';
import { drawn } from './pairing';

const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);
const DONE: Record<SettingChange['kind'], SettingChanged> = {
  addAddress: 'addressAdded', removeAddress: 'addressRemoved', putFirst: 'addressFirst', turnOn: 'authenticatorOn', turnOff: 'authenticatorOff', renewCodes: 'codesRenewed',
};

interface Asked {
  change: SettingChange | null;
  question: Question;
}

export function recoveryOf(query: URLSearchParams, world: { code: (purpose: 'newAddress' | 'secondFactor') => Question; done: () => Question; fail: (error: ErrorView) => never }) {
  const address = (id: string, text: string, confirmed: boolean, bouncedAt: number | null) => ({ id, address: text, confirmed, bouncedAt });
  let settings: RecoverySettingsView = {
    addresses: [
      address('a', 'jana.koenig@gmail.com', true, query.has('bounced') ? now() - 2 * DAY : null),
      ...(query.has('two') ? [address('b', 'jana.koenig@allotment-gardeners-association.example', false, null)] : []),
    ],
    mostAddresses: 2, authenticator: query.has('totp'), codesLeft: 7, codesKept: 7, codesReplaced: query.has('replaced'),
    revocable: query.has('two') ? [{ what: 'addressAdded', at: now() - 3 * 3600, until: now() + 7 * DAY - 3 * 3600 }] : [],
  };
  const add = { kind: 'addAddress', address: '' } as const;

  function happen(flow: Asked): void {
    const change = flow.change ?? add;
    const { addresses } = settings;
    if (change.kind === 'addAddress') settings = { ...settings, addresses: [...addresses, address('c', change.address, true, null)] };
    if (change.kind === 'removeAddress') settings = { ...settings, addresses: addresses.filter((one) => one.id !== change.id) };
    if (change.kind === 'putFirst') settings = { ...settings, addresses: [...addresses].sort((one) => (one.id === change.id ? -1 : 1)) };
    if (change.kind === 'turnOn' || change.kind === 'turnOff') settings = { ...settings, authenticator: change.kind === 'turnOn' };
    if (change.kind === 'renewCodes') settings = { ...settings, codesLeft: 10, codesKept: 10, codesReplaced: false };
    settings = { ...settings, revocable: [{ what: DONE[change.kind], at: now(), until: now() + 7 * DAY }, ...settings.revocable] };
    flow.question = world.done();
  }

  return {
    done: (flow: Asked): SettingChanged | null => (flow.change ? DONE[flow.change.kind] : null),
    begin(flow: Asked): void {
      const { kind } = flow.change ?? add;
      if (kind === 'addAddress') flow.question = world.code('newAddress');
      else if (kind === 'turnOn') flow.question = { kind: 'setUpAuthenticator', digits: 6, validUntil: now() + 900 };
      else if (kind === 'turnOff') flow.question = world.code('secondFactor');
      else happen(flow);
    },
    answer(flow: Asked, given: AnswerForm): { problem: ProblemView | null } | null {
      if (!flow.change || (given.kind !== 'code' && given.kind !== 'keep' && given.kind !== 'kept')) return null;
      const right = flow.question.kind === 'code' && flow.question.purpose === 'newAddress' ? '48213905' : '123456';
      if (given.kind === 'code' && given.code !== right) return { problem: { kind: 'wrongCode' } };
      happen(flow);
      return { problem: null };
    },
    commands: {
      recovery_settings: () => settings,
      show_set_up: () => ({ svg: drawn(7), smallestSide: 300, secret: 'GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ' }),
    },
  };
}
