import { fireEvent, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('@tauri-apps/api/core', () => import('./core'));

const { fail, handlers, invoked, sent } = await import('./core');
const { app, flow } = await import('../src/app.svelte');
const { merged } = await import('../src/resolved');
const { Drafts } = await import('../src/draft');
const { button, field, fill, fresh: begin, GROUPS, id, opened, page, PASSWORD, row, start, strength, submit, vault } =
  await import('./window');
const { entry, fresh, view } = await import('./fake');

beforeEach(begin);

describe('locking a vault', () => {
  /** Every string that the stores hold, however deep. */
  function held(value: unknown, seen = new Set<unknown>()): string[] {
    if (typeof value === 'string') return [value];
    if (typeof value !== 'object' || value === null || seen.has(value)) return [];
    seen.add(value);
    const getters = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(value)))
      .filter(([name, { get }]) => get && name !== '__proto__')
      .map(([name]) => (value as Record<string, unknown>)[name]);
    return [...Object.values(value), ...getters].flatMap((inner) => held(inner, seen));
  }
  const secrets = /Dorfladen|jana|hunter|7K3M|5NCE|mossy/;

  it('leaves nothing readable in the window: no list, no page, no flow, nothing typed', async () => {
    await start();
    app.go({ name: 'account', id: 'a1' });
    await waitFor(() => expect(id('password-value')).not.toBeNull());
    handlers.reveal_password = () => ({ password: 'mossy-7-Kettle', hideIn: 30 });
    await fireEvent.click(button('password-reveal'));
    await waitFor(() => expect(document.body.innerHTML).toContain('mossy'));
    expect(held(app).join(' ')).toMatch(secrets);
    await app.lock();
    await waitFor(() => expect(document.querySelector('[data-screen]')?.getAttribute('data-screen')).toBe('vault-lock'));
    expect(held(app).join(' ')).not.toMatch(secrets);
    expect(document.documentElement.outerHTML).not.toMatch(secrets);
    expect([...document.querySelectorAll('input')].map((input) => input.value).join('')).toBe('');
  });

  it('forgets a conversation with what is typed into it', async () => {
    await start();
    handlers.begin = () => view(fresh);
    flow.openIdentifier(entry, 'jana@gmail.com');
    await flow.sendCode('jana@gmail.com');
    await app.lock();
    expect(flow.stage).toBeNull();
    expect(held(flow).join(' ')).not.toMatch(secrets);
    expect(sent('cancel')).toHaveLength(1);
  });

  it('forgets a recovery key that is shown', async () => {
    await start();
    handlers.new_vault_key = () => ({ kind: 'key', groups: GROUPS, ask: 4 });
    app.go({ name: 'vault-new-key' });
    await app.making.renew('hunter');
    await waitFor(() => expect(id('vault-key')?.textContent).toContain('5NCE'));
    await app.lock();
    await waitFor(() => expect(id('vault-key')).toBeNull());
    expect(sent('cancel_vault')).toHaveLength(1);
    expect(held(app).join(' ')).not.toMatch(secrets);
    expect(document.documentElement.outerHTML).not.toMatch(secrets);
  });

  it('drops a list that arrives after it', async () => {
    await start();
    let arrive: (rows: unknown) => void = () => undefined;
    handlers.accounts = () => new Promise((resolve) => (arrive = resolve));
    const loading = app.loadAccounts();
    await app.lock();
    arrive([row]);
    await loading;
    expect(app.accounts).toBeNull();
  });

  it('first saves what is being edited', async () => {
    await start();
    app.go({ name: 'account', id: 'a1' });
    await waitFor(() => expect(id('edit-account')).not.toBeNull());
    await fireEvent.click(button('edit-account'));
    await waitFor(() => expect(id('edit-name')).not.toBeNull());
    handlers.save_draft = () => null;
    await fill('edit-name', 'Corner shop');
    await app.lock();
    const calls = invoked.map(([name]) => name);
    expect(sent('save_draft')).toEqual([{ account: 'a1', draft: { name: 'Corner shop', note: '' } }]);
    expect(calls.indexOf('save_draft')).toBeLessThan(calls.indexOf('lock'));
  });
});

describe('the lock screen of a vault', () => {
  const locked = { vault: vault({ open: false }) };

  it('comes first, and nothing is asked for before it opens', async () => {
    await start(locked);
    expect(app.screen).toBe('vault-lock');
    expect(sent('accounts')).toHaveLength(0);
    handlers.unlock_vault = () => opened();
    await fill('vault-password', 'right');
    await submit('unlock');
    await waitFor(() => expect(app.screen).toBe('accounts'));
    expect(sent('unlock_vault')).toEqual([{ form: { kind: 'password', password: 'right' }, older: false }]);
  });

  it('says in two lines that the password was wrong, clears it, and counts down where it must', async () => {
    await start(locked);
    handlers.unlock_vault = () => ({ kind: 'wrong', wait: 30 });
    await fill('vault-password', 'wrong');
    await submit('unlock');
    await waitFor(() => expect(id('notice')?.textContent).toContain('didn’t open the vault'));
    expect(field('vault-password').value).toBe('');
    expect(field('vault-password').disabled).toBe(false);
    expect(document.activeElement).toBe(field('vault-password'));
    expect(button('unlock').disabled).toBe(true);
    expect(id('countdown')?.textContent).toMatch(/0:(30|29)/);
  });

  it('opens an older vault only after it was confirmed', async () => {
    await start(locked);
    handlers.unlock_vault = ({ older }) => (older ? opened() : fail('rolledBack'));
    await fill('vault-password', 'right');
    await submit('unlock');
    await waitFor(() => expect(id('open-older')).not.toBeNull());
    await fireEvent.click(button('open-older'));
    await waitFor(() => expect(id('confirm')).not.toBeNull());
    expect(sent('unlock_vault')).toHaveLength(1);
    await fireEvent.click(button('confirm'));
    await waitFor(() => expect(app.screen).toBe('accounts'));
    expect(sent('unlock_vault')[1]).toEqual({ form: { kind: 'password', password: 'right' }, older: true });
  });

  it.each(['damaged', 'newer'])('offers nothing for a vault that is %s, and keeps what was typed', async (kind) => {
    await start(locked);
    handlers.unlock_vault = () => fail(kind);
    await fill('vault-password', 'right');
    await submit('unlock');
    await waitFor(() => expect(id('notice')?.textContent).toContain('untouched'));
    expect(id('notice')?.querySelector('button')).toBeNull();
    await waitFor(() => expect(field('vault-password').value).toBe('right'));
  });

  it('after a recovery key asks for a new password, which can be left only by locking', async () => {
    await start(locked);
    await fireEvent.click(button('use-recovery-key'));
    await waitFor(() => expect(app.screen).toBe('vault-recovery'));
    await fill('recovery-key', '7k3m');
    expect(button('unlock').disabled).toBe(true);
    handlers.unlock_vault = () => ({ kind: 'notAKey' });
    await fill('recovery-key', GROUPS.join(' '));
    await submit('unlock');
    await waitFor(() => expect(id('notice')?.textContent).toContain('can’t be a recovery key'));
    handlers.unlock_vault = () => opened({ forgotten: true });
    await submit('unlock');
    await waitFor(() => expect(app.screen).toBe('vault-password'));
    expect(sent('accounts')).toHaveLength(0);
    app.back();
    expect(app.screen).toBe('vault-password');
    expect(id('back')).toBeNull();
    handlers.set_vault_password = () => ({ kind: 'set' });
    await fill('vault-new', PASSWORD);
    await fill('vault-repeat', PASSWORD);
    await waitFor(() => expect(button('continue').disabled).toBe(false));
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('accounts'));
    expect(sent('set_vault_password')).toEqual([{ current: null, password: PASSWORD, repeat: PASSWORD }]);
  });

  it('makes a password meanwhile, and keeps it out of sight after that', async () => {
    await start(locked);
    await fireEvent.click(button('make-locked'));
    await waitFor(() => expect(app.screen).toBe('vault-make'));
    handlers.make_while_locked = () => ({
      password: 'mossy-7-Kettle',
      strength: strength(true),
      savedAt: 1000,
      store: 'vault',
    });
    await fill('made-for', ' Tax office ');
    await submit('make-it');
    await waitFor(() => expect(id('generated-password')?.textContent).toBe('mossy-7-Kettle'));
    expect(sent('make_while_locked')).toEqual([{ form: { kind: 'words', length: 5 }, purpose: 'Tax office' }]);
    await submit('done');
    await waitFor(() => expect(app.screen).toBe('vault-lock'));
    expect(document.documentElement.outerHTML).not.toContain('mossy');
  });
});

describe('making a vault', () => {
  it('asks for one group of the key, and says what was moved', async () => {
    await start({ kind: 'keychain', firstStart: true });
    await fireEvent.click(field('store-vault'));
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('vault-create'));
    handlers.begin_vault = () => ({ kind: 'key', groups: GROUPS, ask: 4 });
    await fill('vault-new', PASSWORD);
    expect(button('continue').disabled).toBe(true);
    await fill('vault-repeat', PASSWORD);
    await waitFor(() => expect(button('continue').disabled).toBe(false));
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('vault-key'));
    expect(document.documentElement.outerHTML).not.toContain(PASSWORD);
    expect(id('key-check')?.textContent).toContain('after W0HV');
    expect(field('open-here').checked).toBe(false);
    handlers.finish_vault = ({ group }) =>
      String(group).toUpperCase() === '5NCE'
        ? { kind: 'made', moved: { from: 'keychain', to: 'vault', accounts: 3, passwords: 5 } }
        : { kind: 'wrongGroup' };
    await fill('key-group', 'J8PG');
    await submit('continue');
    await waitFor(() => expect(id('key-check')?.textContent).toContain('not the group after W0HV'));
    handlers.changed_elsewhere = () => false;
    handlers.store_state = () => ({ kind: 'vault', state: 'ready' });
    handlers.vault_state = () => vault();
    await fill('key-group', '5n ce');
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('vault-ready'));
    expect(sent('finish_vault')[1]).toEqual({ group: '5nce', onThisComputer: false });
    expect(id('vault-moved')?.textContent).toContain('5 passwords of 3 accounts');
    expect(id('print-slip')).toBeNull();
    await submit('done');
    await waitFor(() => expect(app.screen).toBe('accounts'));
    expect(app.settings.store).toBe('vault');
  });

  it('gives the password back when nobody has judged it, and takes a key back on the way back', async () => {
    await start({ kind: 'keychain' });
    await app.useVault();
    await waitFor(() => expect(id('vault-new')).not.toBeNull());
    handlers.begin_vault = () => fail('diskFull');
    await fill('vault-new', PASSWORD);
    await fill('vault-repeat', PASSWORD);
    await waitFor(() => expect(button('continue').disabled).toBe(false));
    await submit('continue');
    await waitFor(() => expect(id('notice')?.textContent).toContain('disk is full'));
    await waitFor(() => expect(field('vault-new').value).toBe(PASSWORD));
    handlers.begin_vault = () => ({ kind: 'key', groups: GROUPS, ask: 4 });
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('vault-key'));
    app.back();
    expect(app.screen).toBe('vault-create');
    expect(sent('cancel_vault')).toHaveLength(1);
    app.back();
    expect(app.screen).toBe('accounts');
  });

  it('is opened first where there is a locked one', async () => {
    await start({ kind: 'keychain', vault: vault({ open: false }) });
    app.go({ name: 'settings' });
    await app.useVault();
    await waitFor(() => expect(app.screen).toBe('vault-lock'));
    handlers.unlock_vault = () => opened({ store: { kind: 'keychain', state: 'ready' } });
    handlers.choose_store = () => ({
      store: { kind: 'vault', state: 'ready' },
      moved: { from: 'keychain', to: 'vault', accounts: 1, passwords: 2 },
    });
    handlers.vault_state = () => vault();
    await fill('vault-password', 'right');
    await submit('unlock');
    await waitFor(() => expect(app.screen).toBe('settings'));
    expect(app.said?.[1]).toContain('2 passwords of 1 account,');
    expect(app.store.kind).toBe('vault');
  });
});

describe('lost answers', () => {
  const one = (account: string, what: string) => ({ account, name: account, identifier: 'jana', what });

  it('are found out before the rooms, each said in words', async () => {
    handlers.resolve = () => [one('Choir', 'newHolds'), one('Library', 'notAsked')];
    await start({ inTheAir: 2 });
    expect(app.screen).toBe('in-the-air');
    await waitFor(() => expect(id('resolved-list')?.textContent).toContain('The new password holds'));
    handlers.resolve = () => [one('Library', 'oldHolds')];
    await fireEvent.click(button('resolve-again'));
    await waitFor(() => expect(id('resolved-list')?.textContent).toContain('The old password still holds'));
    expect(document.querySelectorAll('[data-testid="resolved-row"]')).toHaveLength(2);
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('accounts'));
  });

  it('lead to a code where neither password fits, and back to the rest', async () => {
    handlers.resolve = () => [one('a1', 'neitherFits'), one('Library', 'notAsked')];
    handlers.begin = () => view(fresh);
    await start({ inTheAir: 2 });
    await waitFor(() => expect(id('resolve-recover')).not.toBeNull());
    await fireEvent.click(button('resolve-recover'));
    await waitFor(() => expect(app.screen).toBe('new-password'));
    flow.cancel();
    await waitFor(() => expect(app.screen).toBe('in-the-air'));
    expect(app.resolved?.map(({ account }) => account)).toEqual(['Library']);
  });

  it('keep what was said of the others', () => {
    const before = [one('a', 'newHolds'), one('b', 'notAsked')] as never;
    expect(merged(before, [one('b', 'oldHolds')] as never).map(({ what }) => what)).toEqual(['newHolds', 'oldHolds']);
  });
});

describe('what was made while locked', () => {
  it('is kept for an account or thrown away, and then the card is gone', async () => {
    handlers.made = () => [
      { id: 'm1', at: 1000, purpose: 'Tax office' },
      { id: 'm2', at: 900, for: null },
    ];
    handlers.drop_made = () => null;
    await start({ vault: vault({ made: 2 }) });
    await waitFor(() => expect(document.querySelectorAll('[data-testid="made-row"]')).toHaveLength(2));
    for (const left of [1, 0]) {
      await fireEvent.click(button('made-drop'));
      await waitFor(() => expect(id('confirm')).not.toBeNull());
      await fireEvent.click(button('confirm'));
      await waitFor(() => expect(app.vault.made).toBe(left));
    }
    await waitFor(() => expect(id('made-card')).toBeNull());
    expect(sent('drop_made')).toEqual([{ id: 'm1' }, { id: 'm2' }]);
  });
});

describe('name and note', () => {
  it('save both, and show a note only when asked', async () => {
    handlers.account = () => page({ note: true });
    handlers.note = () => 'Ask Mrs Wolf';
    handlers.save_edits = () => page();
    await start();
    app.go({ name: 'account', id: 'a1' });
    await waitFor(() => expect(id('edit-account')).not.toBeNull());
    expect(sent('note')).toHaveLength(0);
    await fireEvent.click(button('edit-account'));
    await waitFor(() => expect(id('edit-name')).not.toBeNull());
    expect(id('edit-note')).toBeNull();
    expect(document.body.innerHTML).not.toContain('Mrs Wolf');
    await fill('edit-name', 'Corner shop');
    await submit('edit-save');
    await waitFor(() => expect(id('edit-name')).toBeNull());
    expect(sent('save_edits')).toEqual([{ account: 'a1', edits: { name: 'Corner shop', note: 'Ask Mrs Wolf' } }]);
    expect(sent('save_draft')).toHaveLength(0);
  });

  it('that were never saved are offered again', async () => {
    handlers.account = () => page({ draft: { name: 'Corner', note: 'half a' } });
    handlers.drop_draft = () => page();
    await start();
    app.go({ name: 'account', id: 'a1' });
    await waitFor(() => expect(id('draft-take')).not.toBeNull());
    await fireEvent.click(button('draft-take'));
    await waitFor(() => expect(field('edit-name').value).toBe('Corner'));
    expect(field('edit-note').value).toBe('half a');
    await fireEvent.click(button('edit-cancel'));
    await waitFor(() => expect(id('edit-name')).toBeNull());
    expect(sent('drop_draft')).toEqual([{ account: 'a1' }]);
  });
});

describe('drafts', () => {
  it('are saved half a second after the last key, the newest only', async () => {
    vi.useFakeTimers();
    const saved: string[] = [];
    const drafts = new Drafts(async (_, { name }) => saved.push(name), vi.fn());
    drafts.typed('a1', { name: 'C', note: '' });
    await vi.advanceTimersByTimeAsync(400);
    drafts.typed('a1', { name: 'Co', note: '' });
    await vi.advanceTimersByTimeAsync(499);
    expect(saved).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(saved).toEqual(['Co']);
    drafts.typed('a1', { name: 'Cor', note: '' });
    drafts.forget();
    await vi.advanceTimersByTimeAsync(1000);
    expect(saved).toEqual(['Co']);
    vi.useRealTimers();
  });

  it('that cannot be saved say so', async () => {
    const failed = vi.fn();
    const drafts = new Drafts(() => Promise.reject(new Error('full')), failed);
    drafts.typed('a1', { name: 'C', note: '' });
    await drafts.flush();
    expect(failed).toHaveBeenCalledTimes(1);
  });
});
