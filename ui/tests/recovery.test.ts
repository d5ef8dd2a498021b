import { fireEvent, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Question, RecoverySettingsView, SettingChanged, View } from '../src/bridge';

vi.mock('@tauri-apps/api/core', () => import('./core'));

const { fail, handlers, sent } = await import('./core');
const { app } = await import('../src/app.svelte');
const { button, field, fill, fresh, id, page, start, submit } = await import('./window');
const { code, current, done, view } = await import('./fake');

const DAY = 86_400;
const soon = () => Math.floor(Date.now() / 1000);
const first = { id: 'x', address: 'jana@gmail.com', confirmed: true, bouncedAt: null };
const second = { id: 'y', address: 'jana@office.example', confirmed: true, bouncedAt: null };
const settings = (part: Partial<RecoverySettingsView> = {}): RecoverySettingsView => ({
  addresses: [first],
  mostAddresses: 2,
  authenticator: false,
  codesLeft: 10,
  codesKept: 10,
  codesReplaced: false,
  revocable: [],
  ...part,
});
const changing = (what: SettingChanged, question: Question, part: Partial<View> = {}) =>
  view(question, { intent: 'changeRecovery', change: what, ...part });
const text = (name: string) => id(name)?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
const rows = (name: string) => document.querySelectorAll(`[data-testid="${name}"]`).length;

/** The window at what the server lets back in by. */
async function at(part: Partial<RecoverySettingsView> = {}) {
  handlers.account = () => page();
  handlers.recovery_settings = () => settings(part);
  handlers.check_identifier = ({ identifier }) => ({ plausible: true, mailbox: /.@.+\../.test(identifier ?? ''), suggestion: null });
  await start({ kind: 'keychain' });
  app.go({ name: 'recovery-settings', id: 'a1' });
  await waitFor(() => expect(id('recovery-address')).not.toBeNull());
}

beforeEach(fresh);

describe('what the server lets back in by', () => {
  it('is reached from the account, where the server has it and the person is signed in', async () => {
    handlers.ways = () => fail('gone');
    handlers.account = () => page({ abilities: { recover: true, recoverySettings: true } as never });
    handlers.recovery_settings = () => settings();
    await start({ kind: 'keychain' });
    app.go({ name: 'account', id: 'a1' });
    await waitFor(() => expect(id('recovery-open')).not.toBeNull());
    await fireEvent.click(button('recovery-open'));
    await waitFor(() => expect(text('heading')).toBe('How Dorfladen lets you back in'));
    await fireEvent.click(button('back'));
    await waitFor(() => expect(app.screen).toBe('account'));
  });

  it('says what an address is for, and keeps the only one', async () => {
    await at();
    expect(text('recovery-address')).toContain('jana@gmail.com');
    expect(text('recovery-address')).toContain('The only one cannot be removed');
    expect(id('recovery-remove')).toBeNull();
    expect(id('recovery-change')).toBeNull();
  });

  it('shows a mail that came back, what can be taken back, and codes that were replaced', async () => {
    await at({
      addresses: [first, { ...second, bouncedAt: soon() - DAY }],
      codesReplaced: true,
      revocable: [{ what: 'addressAdded', at: soon() - 3600, until: soon() + 6 * DAY }],
    });
    expect(text('recovery-bounced')).toContain('The last mail came back');
    expect(text('recovery-replaced')).toContain('may not open anything');
    expect(text('recovery-change')).toContain('An address was added');
    expect(rows('recovery-put-first')).toBe(1);
    expect(id('recovery-add')).toBeNull();
  });

  it('says in words what went wrong, and asks again', async () => {
    handlers.account = () => page();
    handlers.recovery_settings = () => fail('offline');
    await start({ kind: 'keychain' });
    app.go({ name: 'recovery-settings', id: 'a1' });
    await waitFor(() => expect(id('recovery-reload')).not.toBeNull());
    expect(text('notice')).toContain('This computer is offline.');
    handlers.recovery_settings = () => settings();
    await fireEvent.click(button('recovery-reload'));
    await waitFor(() => expect(id('recovery-address')).not.toBeNull());
  });
});

describe('a change', () => {
  it('of an address is asked for only where it is one, and not twice', async () => {
    await at();
    await fireEvent.click(button('recovery-add'));
    await fill('recovery-add-input', 'jana');
    await submit('recovery-add-send');
    await waitFor(() => expect(document.body.textContent).toContain('That is no whole e-mail address yet.'));
    await fill('recovery-add-input', 'JANA@gmail.com');
    await submit('recovery-add-send');
    await waitFor(() => expect(document.body.textContent).toContain('That one is here already.'));
    expect(sent('begin')).toEqual([]);
    handlers.begin = () => changing('addressAdded', code({ purpose: 'newAddress', otherWays: [], sentTo: second.address }));
    handlers.answer = () => changing('addressAdded', { ...done, what: 'recoveryChanged' } as Question);
    await fill('recovery-add-input', ` ${second.address} `);
    await submit('recovery-add-send');
    await waitFor(() => expect(app.screen).toBe('code'));
    expect(sent('begin')).toEqual([
      {
        form: {
          target: { kind: 'account', id: 'a1' },
          intent: 'changeRecovery',
          identifier: null,
          change: { kind: 'addAddress', address: second.address },
        },
      },
    ]);
    await fill('code-input', '48213905');
    await waitFor(() => expect(text('heading')).toBe('The address is yours, and proven.'));
    await submit('done');
    await waitFor(() => expect(app.screen).toBe('recovery-settings'));
  });

  it('that takes something away is confirmed, and one that was overtaken shows how it stands now', async () => {
    await at({ addresses: [first, second] });
    handlers.begin = () => fail('overtaken');
    handlers.recovery_settings = () => settings();
    await fireEvent.click(document.querySelectorAll('[data-testid="recovery-remove"]')[1] as HTMLElement);
    await waitFor(() => expect(id('dialog')).not.toBeNull());
    expect(sent('begin')).toEqual([]);
    await fireEvent.click(button('confirm'));
    await waitFor(() => expect(text('notice')).toContain('This was changed in another place meanwhile.'));
    await waitFor(() => expect(rows('recovery-address')).toBe(1));
    await waitFor(() => expect(id('dialog')).toBeNull());
  });

  it('asks for the password where none is saved, in its own words', async () => {
    await at();
    handlers.begin = () => changing('codesRenewed', current);
    await fireEvent.click(button('recovery-renew'));
    await waitFor(() => expect(id('dialog')).not.toBeNull());
    await fireEvent.click(button('confirm'));
    await waitFor(() => expect(app.screen).toBe('current-password'));
    expect(document.body.textContent).toContain('Dorfladen asks for it before anything of this is changed.');
    expect(id('by-code')).toBeNull();
    handlers.answer = () => fail('tooWeakAlone');
    await fill('current-password', 'secret');
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('recovery-settings'));
    expect(text('notice')).toContain('too weak to stand alone');
  });
});

describe('an authenticator that is handed out', () => {
  const ask: Question = { kind: 'setUpAuthenticator', digits: 6, validUntil: 2_000_000_000 };

  async function asked() {
    await at();
    handlers.begin = () => changing('authenticatorOn', ask);
    await fireEvent.click(button('recovery-turn-on'));
    await waitFor(() => expect(app.screen).toBe('set-up-authenticator'));
  }

  it('is kept by one press, and its secret never comes here', async () => {
    await asked();
    handlers.answer = () => changing('authenticatorOn', { ...done, what: 'recoveryChanged' } as Question);
    await submit('set-up-keep');
    await waitFor(() => expect(text('heading')).toBe('The authenticator is on.'));
    expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'keep' } }]);
    expect(sent('show_set_up')).toEqual([]);
    expect(text('facts')).toContain('Regain makes the codes');
  });

  it('is shown for another app when asked for, whose code is typed', async () => {
    await asked();
    handlers.show_set_up = () => ({ svg: '<svg/>', smallestSide: 300, secret: 'GEZD GNBV' });
    await fireEvent.click(button('set-up-other'));
    await waitFor(() => expect(text('set-up-secret')).toBe('GEZD GNBV'));
    expect((id('set-up-qr') as HTMLImageElement).width).toBe(300);
    handlers.answer = () => changing('authenticatorOn', ask, { problem: { kind: 'wrongCode' } });
    await fill('code-input', '000000');
    await waitFor(() => expect(text('notice')).toContain('Type the one that the app shows now.'));
    handlers.answer = () => fail('outcomeUnknown');
    handlers.look = () => changing('authenticatorOn', ask);
    await fill('code-input', '123456');
    await waitFor(() => expect(text('notice')).toContain('We don’t know yet whether it was changed.'));
    expect(field('code-input').value).toBe('123456');
  });

  it('whose own code did not fit points at the clock', async () => {
    await asked();
    handlers.answer = () => changing('authenticatorOn', ask, { problem: { kind: 'wrongCode' } });
    await submit('set-up-keep');
    await waitFor(() => expect(text('notice')).toContain('Check date and time of this computer'));
  });
});
