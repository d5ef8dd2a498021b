// The whole window on a Rust that is made of handlers. A test file mocks '@tauri-apps/api/core' with './core' first.
import { fireEvent, render } from '@testing-library/svelte';
import { app, flow } from '../src/app.svelte';
import App from '../src/App.svelte';
import type { AccountPage, StoreState, Strength, VaultView, WaysView } from '../src/bridge';
import { handlers, invoked } from './core';

export const id = (name: string) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`);
export const field = (name: string) => id(name) as HTMLInputElement;
export const button = (name: string) => id(name) as HTMLButtonElement;
export const fill = (name: string, value: string) => fireEvent.input(field(name), { target: { value } });
export const submit = (name: string) => fireEvent.submit(button(name).form as HTMLFormElement);

export const PASSWORD = 'quince tulip harbour';
export const GROUPS = ['7K3M', 'XQ2D', '9RTA', 'W0HV', '5NCE', 'J8PG', '2BYZ', 'F6S4', 'T1'];
export const row = {
  id: 'a1',
  name: 'Dorfladen',
  identifier: 'jana@gmail.com',
  server: 'accounts.dorfladen.example',
  practice: false,
  state: 'signedIn',
};
export const page = (part: Partial<AccountPage> = {}) => ({
  account: row,
  signedInAt: 1000,
  password: { changedAt: 1000 },
  waiting: [],
  history: [],
  abilities: { recover: true, changeWithCurrent: true, sessions: false },
  mailbox: 'j•••@gmail.com',
  authenticator: null,
  note: false,
  draft: null,
  guide: null,
  ...part,
});
export const ways = (part: Partial<WaysView> = {}): WaysView => ({
  standing: 'getsIn',
  ways: [],
  hangsOn: [],
  warnings: [],
  codes: { since: null, all: 0, left: 0, few: false, earlier: 0 },
  mailboxes: [],
  devices: [],
  people: [],
  tasks: [],
  lastRehearsed: null,
  reminds: true,
  ...part,
});
export const vault = (part: Partial<VaultView> = {}): VaultView => ({
  exists: true,
  open: true,
  lockedAt: null,
  onThisComputer: false,
  made: 0,
  wait: null,
  ...part,
});
export const strength = (ok: boolean): Strength => ({
  score: ok ? 4 : 1,
  hint: null,
  ok,
  rules: [{ rule: { kind: 'tooShort', min: 12 }, met: ok }],
});
export const opened = (part: object = {}) => ({
  kind: 'open',
  vault: vault(),
  store: { kind: 'vault', state: 'ready' },
  inTheAir: 0,
  forgotten: false,
  torn: false,
  ...part,
});

export interface World {
  kind?: 'vault' | 'keychain';
  vault?: VaultView;
  firstStart?: boolean;
  inTheAir?: number;
  /** How the keychain does. */
  state?: StoreState;
}
export async function start(world: World = {}) {
  const kind = world.kind ?? 'vault';
  const now = world.vault ?? vault({ exists: kind === 'vault', open: kind === 'vault' });
  handlers.start = () => ({
    firstStart: world.firstStart ?? false,
    settings: { theme: 'system', language: 'en', store: kind, lockAfterMinutes: 5, clearClipboardSeconds: 30 },
    store: { kind, state: world.state ?? (kind === 'vault' && !now.open ? 'locked' : 'ready') },
    system: 'linux',
    version: '0.1.0',
    practice: false,
    vault: now,
    inTheAir: world.inTheAir ?? 0,
  });
  handlers.changed_elsewhere = () => false;
  handlers.store_state = () => ({ kind: app.store.kind, state: world.state ?? 'ready' });
  await app.start();
  return render(App);
}

export function fresh(): void {
  for (const name of Object.keys(handlers)) delete handlers[name];
  invoked.length = 0;
  handlers.accounts = () => [row];
  handlers.account = () => page();
  handlers.ways = () => ways();
  handlers.due = () => null;
  handlers.lock = () => null;
  handlers.cancel = () => null;
  handlers.cancel_vault = () => null;
  handlers.leaks = () => ({ kind: 'off', path: null, broken: false });
  handlers.site_list = () => ({ builtIn: 43, parts: [], trouble: null, removed: false });
  handlers.vault_state = () => vault({ open: false, lockedAt: 1000 });
  handlers.check_vault_password = ({ password }) => strength(String(password).length >= 12);
  flow.reset();
  app.making.reset();
  app.room = { name: 'accounts' };
  app.mustSet = false;
  app.asking = false;
  app.torn = false;
  app.resolved = null;
  app.error = null;
  app.said = null;
  app.lockedAway = null;
  invoked.length = 0;
}
