import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountHealthView, HealthView, LeaksKind, View } from '../src/bridge';
import { fresh, server, view } from './fake';

type Handler = (args: Record<string, never>) => unknown;
const handlers: Record<string, Handler> = {};
const invoked: [string, unknown][] = [];
vi.mock('@tauri-apps/api/core', () => ({
  invoke: async (command: string, args: Record<string, never>) => {
    invoked.push([command, args]);
    const handler = handlers[command];
    if (!handler) throw { kind: 'bug' };
    return handler(args);
  },
}));

const { app, flow } = await import('../src/app.svelte');
const { default: ChangesLine } = await import('../src/components/ChangesLine.svelte');
const { default: LeaksSection } = await import('../src/components/LeaksSection.svelte');
const { default: PasswordHealth } = await import('../src/components/PasswordHealth.svelte');
const { default: Changes } = await import('../src/screens/Changes.svelte');
const { default: NewPassword } = await import('../src/screens/NewPassword.svelte');
const { i18n } = await import('../src/i18n/index.svelte');

const id = (name: string) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`);
const all = (name: string) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${name}"]`)];
const button = (name: string) => id(name) as HTMLButtonElement;
const sent = (command: string) => invoked.filter(([name]) => name === command).map(([, args]) => args);
const named = (name: string) => ({ id: name, name, identifier: 'jana' });

const own = (part: Partial<AccountHealthView> = {}): AccountHealthView => ({
  account: 'Dorfladen',
  since: 1000,
  old: false,
  reusedWith: [],
  exposed: { kind: 'notChecked' },
  ...part,
});
const health = (part: Partial<HealthView> = {}): HealthView => ({
  accounts: [own()],
  changes: [],
  changed: 0,
  all: 0,
  leaks: 'off',
  ...part,
});
const two: Partial<HealthView> = {
  changes: [
    { accounts: [named('Mail'), named('Photos')], reasons: [{ kind: 'exposed', times: 42 }, { kind: 'reused', others: 2 }], unlocks: 3 },
    { accounts: [named('Choir')], reasons: [{ kind: 'old', since: 86_400 }], unlocks: 0 },
  ],
  changed: 1,
  all: 4,
};

beforeEach(() => {
  for (const name of Object.keys(handlers)) delete handlers[name];
  invoked.length = 0;
  handlers.cancel = () => null;
  flow.reset();
  app.health = null;
  app.error = null;
  app.room = { name: 'accounts' };
  i18n.choose('en');
  document.querySelector('main')?.remove();
  document.body.append(document.createElement('main'));
});

describe('the way to what is to be changed', () => {
  it('is there only while there is something', async () => {
    app.health = health();
    const { unmount } = render(ChangesLine);
    expect(id('to-changes')).toBeNull();
    unmount();
    app.health = health({ ...two, changed: 0 });
    render(ChangesLine);
    expect(id('to-changes')?.textContent).toContain('2 passwords to change');
    expect(id('to-changes')?.textContent).not.toContain('changed.');
    await fireEvent.click(button('to-changes'));
    expect(app.room).toEqual({ name: 'changes' });
  });

  it('says how far one has come', () => {
    app.health = health(two);
    render(ChangesLine);
    expect(id('to-changes')?.textContent).toContain('1 of 4 changed. Go on where you stopped.');
  });
});

describe('what is to be changed', () => {
  const open = async (part: Partial<HealthView>) => {
    handlers.health = () => health(part);
    render(Changes);
    await waitFor(() => expect(app.health).not.toBeNull());
  };

  it('comes in order, each with why, and with those that change along', async () => {
    await open(two);
    const [mail, choir] = all('change').map((line) => line.textContent ?? '');
    expect(mail).toContain('Seen 42 times in leaks, used for 2 other accounts');
    expect(mail).toContain('Opens the way into 3 other accounts');
    expect(mail).toContain('One change for all: Mail and Photos');
    expect(choir).toContain('In use since January 2, 1970');
    expect(id('changes-progress')?.textContent).toContain('1 of 4 changed');
  });

  it('starts the change of that account, by code where the server wants that', async () => {
    await open(two);
    const page = (changeWithCurrent: boolean) => ({
      account: { ...named('Mail'), server: server.host, practice: false },
      abilities: { ...server.abilities, changeWithCurrent },
      password: null,
      asksMailbox: false,
    });
    handlers.account = () => page(true);
    handlers.begin = () => view(fresh);
    await fireEvent.click(all('change-start')[0] as HTMLElement);
    await waitFor(() => expect(sent('begin')).toHaveLength(1));
    handlers.account = () => page(false);
    await waitFor(() => expect(button('change-start').getAttribute('aria-busy')).toBeNull());
    await fireEvent.click(all('change-start')[0] as HTMLElement);
    await waitFor(() => expect(sent('begin')).toHaveLength(2));
    const intents = sent('begin').map((args) => (args as { form: { intent: string } }).form.intent);
    expect(intents).toEqual(['changePassword', 'recover']);
  });

  it('that cannot be started says why', async () => {
    await open(two);
    handlers.account = () => {
      throw { kind: 'locked' };
    };
    await fireEvent.click(all('change-start')[1] as HTMLElement);
    await waitFor(() => expect(id('notice')?.textContent).toContain('keychain is locked'));
  });

  it('is through, or was never any', async () => {
    await open({ changed: 4, all: 4 });
    expect(id('changes-none')?.textContent).toContain('All of them are changed.');
    app.health = health();
    await waitFor(() => expect(id('changes-none')?.textContent).toContain('Nothing to change'));
    expect(id('changes-progress')).toBeNull();
  });

  it('looks leaks up only when asked to, and only where that is on', async () => {
    await open({});
    expect(id('leaks-check')).toBeNull();
    expect(button('to-leaks').textContent).toContain('To the settings');
    app.health = health({ leaks: 'asked' });
    handlers.check_leaks = () => health({ ...two, leaks: 'asked' });
    await waitFor(() => expect(id('leaks-check')).not.toBeNull());
    expect(sent('check_leaks')).toHaveLength(0);
    await fireEvent.click(button('leaks-check'));
    await waitFor(() => expect(all('change')).toHaveLength(2));
  });
});

describe('the password of an account', () => {
  const open = async (part: Partial<AccountHealthView>, leaks: LeaksKind = 'off') => {
    handlers.health = () => health({ accounts: [own(part)], leaks });
    render(PasswordHealth, { account: 'Dorfladen' });
    await waitFor(() => expect(app.health).not.toBeNull());
  };

  it('says where else it is used, and that it leaked', async () => {
    await open({ reusedWith: [named('Choir'), named('Photos')], exposed: { kind: 'times', times: 1 } }, 'copy');
    expect(id('health-reused')?.textContent).toContain('Also used for Choir and Photos');
    expect(id('health-exposed')?.textContent).toContain('Seen once in known leaks');
    expect(id('health-old')).toBeNull();
  });

  it('says that it is old without calling that trouble', async () => {
    await open({ old: true });
    expect(id('health-old')?.textContent).toContain('Nothing is known against it');
    expect(id('health-exposed')).toBeNull();
  });

  it('never says “in no leak” of what was not found out', async () => {
    await open({ exposed: { kind: 'unknown' } }, 'asked');
    expect(id('health-exposed')?.textContent).toContain('could not be looked up');
    app.health = health({ leaks: 'asked' });
    await waitFor(() => expect(id('health-exposed')?.textContent).toContain('Not looked up'));
    app.health = health({ accounts: [own({ exposed: { kind: 'no' } })], leaks: 'asked' });
    await waitFor(() => expect(id('health-exposed')?.textContent).toContain('In no known leak'));
  });
});

describe('known leaks in the settings', () => {
  it('say what leaves the computer before it does', async () => {
    handlers.leaks = () => ({ kind: 'asked', path: null, broken: false });
    render(LeaksSection);
    await waitFor(() => expect(id('leaks-text')?.textContent).toContain('5 of the 40 characters'));
    expect(id('leaks-path')).toBeNull();
  });

  it('take a copy once it was found, and say when it is broken', async () => {
    handlers.leaks = () => ({ kind: 'copy', path: '/old', broken: true });
    render(LeaksSection);
    await waitFor(() => expect(id('notice')?.textContent).toContain('The copy cannot be read.'));
    handlers.find_leaks = ({ folder }) => ({ kind: 'copy', path: folder ? '/folder' : '/file', broken: false });
    await fireEvent.click(button('leaks-folder'));
    await waitFor(() => expect(id('leaks-path')?.textContent).toBe('/folder'));
    expect(id('notice')).toBeNull();
    handlers.find_leaks = () => null;
    await fireEvent.click(button('leaks-file'));
    await waitFor(() => expect(sent('find_leaks')).toHaveLength(2));
    expect(id('leaks-path')?.textContent).toBe('/folder');
  });
});

describe('a new password by the site’s rules', () => {
  it('is the best that the site takes, and says so where that is little', async () => {
    const weak = { bits: 20, worth: 'weak' } as const;
    const rules = { ...(fresh as Extract<typeof fresh, { kind: 'newPassword' }>), minLength: 6, maxLength: 6 };
    handlers.generate = () => ({
      password: '850274',
      strength: { score: 2, hint: null, ok: true, rules: [] },
      entropy: weak,
      siteIsWeak: weak,
      savedAt: 1000,
      store: 'keychain',
    });
    const shown: View = view(rules);
    render(NewPassword, { view: shown, question: rules });
    await screen.findByText('Dorfladen takes no strong password.');
    expect(sent('generate')).toEqual([{ flow: 1, form: { kind: 'site', length: 6 } }]);
    expect(id('worth')?.textContent).toBe('20 bits: safe only while the site limits guessing');
  });
});
