// The vault of `npm run dev:fake`.
// ?vault=open|locked|beside|gone  &here  &made=2  &air=5  &wait=20  &torn  &older  &damaged  &newer  &backups=0  &elsewhere
// Its password is "right", its recovery key 7K3M-XQ2D-9RTA-W0HV-5NCE-J8PG-2BYZ-F6S4-T1; the group to type is 5NCE.
import type {
  BackupView, ErrorView, MadeView, Moved, ResolvedView, Resolution, StoreView, Strength, Unlocked, UnlockForm,
  VaultBegun, VaultView,
} from '../src/bindings';

interface World {
  store: StoreView;
  names: () => string[];
  strength: (password: string, min: number) => Strength;
  generate: (form: { kind: string; length: number }) => string;
}

const GROUPS = ['7K3M', 'XQ2D', '9RTA', 'W0HV', '5NCE', 'J8PG', '2BYZ', 'F6S4', 'T1'];
const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);
const fail = (error: ErrorView): never => {
  throw error;
};
const slowly = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), 1100));

/** Adds the commands of the vault; they change the world's store. */
export function vaultCommands(query: URLSearchParams, world: World): Record<string, (a: never) => unknown> {
  const mode = query.get('vault');
  let vault: VaultView = {
    exists: mode !== null && mode !== 'gone', open: mode === 'open', lockedAt: null, onThisComputer: query.has('here'),
    made: Number(query.get('made') ?? 0), wait: query.has('wait') ? Number(query.get('wait')) : null,
  };
  const state = mode === 'open' ? (query.get('store') as StoreView['state'] | null) ?? 'ready' : 'locked';
  if (mode === 'open' || mode === 'locked' || mode === 'gone') world.store = { kind: 'vault', state };
  let password = 'right';
  let wrong = 0;
  let older = query.has('older');
  let made: MadeView[] = Array.from({ length: vault.made }, (_, i) => ({
    id: `m${i}`, at: now() - 600 * (i + 1), for: i % 2 === 0 ? 'Tax office, the form that times out' : null,
  }));
  const air = Number(query.get('air') ?? 0);
  const kinds: Resolution[] = ['newHolds', 'oldHolds', 'neitherFits', 'notAsked', 'needsCode'];
  let drafts = query.has('draft') ? { name: 'Weekly market (old)', note: 'Customer 4711, ask for Mrs Wolf' } : null;
  let note: string | null = query.has('note') ? 'Customer number 4711.\nAsk for Mrs Wolf on Mondays.' : null;

  const moved = (from: Moved['from']): Moved => ({ from, to: 'vault', accounts: world.names().length, passwords: world.names().length * 2 });
  const begun = (typed: string, repeat: string): VaultBegun => {
    if (typed !== repeat) return { kind: 'mismatch' };
    if (!world.strength(typed, 12).ok) return { kind: 'weakPassword', reasons: [{ kind: 'tooShort', min: 12 }, { kind: 'guessable' }] };
    return { kind: 'key', groups: GROUPS, ask: 4 };
  };
  const current = (typed: string | null): void => {
    if (typed !== null && typed !== password) fail({ kind: 'wrongCurrent' });
  };

  function unlock(form: UnlockForm, anyway: boolean): Unlocked {
    if (query.has('damaged')) fail({ kind: 'damaged' });
    if (query.has('newer')) fail({ kind: 'newer' });
    const key = form.kind === 'recoveryKey' ? form.key.toUpperCase().replace(/[^A-Z0-9]/g, '') : '';
    if (form.kind === 'recoveryKey' && !key.startsWith('7')) return { kind: 'notAKey' };
    if ((form.kind === 'password' && form.password !== password) || (key !== '' && key !== GROUPS.join(''))) {
      wrong += 1;
      return { kind: 'wrong', wait: wrong > 5 ? Math.min(60, 2 ** (wrong - 6)) : null };
    }
    if (older && !anyway) fail({ kind: 'rolledBack' });
    older = false;
    wrong = 0;
    vault = { ...vault, open: true, wait: null, lockedAt: null, made: made.length };
    if (world.store.kind === 'vault') world.store = { kind: 'vault', state: 'ready' };
    return { kind: 'open', vault, store: world.store, inTheAir: air, forgotten: form.kind === 'recoveryKey', torn: query.has('torn') };
  }

  const backups: BackupView[] = query.get('backups') === '0' ? [] : [
    { id: 'b1', savedAt: now() - 3600, accounts: 7, back: [], gone: [], differ: ['Dorfladen'] },
    { id: 'b2', savedAt: now() - 3 * DAY, accounts: 6, back: ['Old forum', 'Swimming club'], gone: ['Choir'], differ: ['Dorfladen', 'Library'] },
    { id: 'b3', savedAt: now() - 400 * DAY, accounts: 7, back: [], gone: [], differ: [] },
  ];

  return {
    vault_state: () => vault,
    check_vault_password: (a: { password: string }) => world.strength(a.password, 12),
    begin_vault: (a: { password: string; repeat: string }) => slowly(null).then(() => {
      const result = begun(a.password, a.repeat);
      if (result.kind === 'key') password = a.password;
      return result;
    }),
    copy_vault_key: () => ({ clearIn: 30 }),
    finish_vault: (a: { group: string; onThisComputer: boolean }) => {
      if (a.group.toUpperCase() !== GROUPS[4]) return { kind: 'wrongGroup' };
      const from = world.store.kind;
      vault = { ...vault, exists: true, open: true, onThisComputer: a.onThisComputer };
      world.store = { kind: 'vault', state: 'ready' };
      return slowly({ kind: 'made', moved: moved(from) });
    },
    cancel_vault: () => null,
    unlock_vault: (a: { form: UnlockForm; older: boolean }) => slowly(null).then(() => unlock(a.form, a.older)),
    set_vault_password: (a: { current: string | null; password: string; repeat: string }) => {
      if (a.current !== null && a.current !== password) return slowly({ kind: 'wrongCurrent' });
      const result = begun(a.password, a.repeat);
      if (result.kind === 'key') password = a.password;
      return slowly(result.kind === 'key' ? { kind: 'set' } : result);
    },
    new_vault_key: (a: { current: string }) => slowly(null).then(() => {
      current(a.current);
      return { kind: 'key', groups: GROUPS, ask: 4 };
    }),
    confirm_vault_key: (a: { group: string }) => a.group.toUpperCase() === GROUPS[4],
    open_on_this_computer: (a: { on: boolean }) => (vault = { ...vault, onThisComputer: a.on }),
    make_while_locked: (a: { form: { kind: string; length: number }; purpose: string | null }) => {
      made = [{ id: `m${made.length}`, at: now(), for: a.purpose }, ...made];
      const secret = world.generate(a.form);
      return { password: secret, strength: world.strength(secret, 12), savedAt: now(), store: 'vault' };
    },
    copy_made: () => ({ clearIn: 30 }),
    made: () => made,
    reveal_made: () => ({ password: 'quince-7-Harbour-pebble-tulip', hideIn: 30 }),
    keep_made: (a: { id: string }) => {
      made = made.filter((one) => one.id !== a.id);
      return null;
    },
    drop_made: (a: { id: string }) => {
      made = made.filter((one) => one.id !== a.id);
      return null;
    },
    backups: () => backups,
    restore_backup: () => ({ accounts: 6, backup: 'b1' }),
    resolve: () => slowly(world.names().slice(0, air).map((name, i): ResolvedView => ({
      account: name, name, identifier: 'jana.koenig@mail.example', what: kinds[i % kinds.length] ?? 'newHolds',
    }))),
    note: () => note,
    save_draft: (a: { draft: { name: string; note: string } }) => {
      drafts = a.draft;
      return null;
    },
    save_edits: (a: { edits: { name: string; note: string } }) => {
      drafts = null;
      note = a.edits.note === '' ? null : a.edits.note;
      return null;
    },
    drop_draft: () => {
      drafts = null;
      return null;
    },
    page_extras: () => ({ note: note !== null, draft: drafts }),
    lock_vault: () => {
      vault = { ...vault, open: false, lockedAt: now() };
      if (world.store.kind === 'vault') world.store = { kind: 'vault', state: 'locked' };
    },
  };
}
