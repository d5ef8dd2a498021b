import { fireEvent, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoreState } from '../src/bridge';

vi.mock('@tauri-apps/api/core', () => import('./core'));

const { fail, handlers, invoked, sent } = await import('./core');
const { app } = await import('../src/app.svelte');
const { bridge } = await import('../src/bridge');
const { KEY_LENGTH, onPaper, typedOf } = await import('../src/recovery-key');
const { button, field, fill, fresh, GROUPS, id, opened, page, PASSWORD, start, submit, vault } = await import('./window');

const all = (name: string) => [...document.querySelectorAll(`[data-testid="${name}"]`)];
const locked = { vault: vault({ open: false, onThisComputer: true }) };

beforeEach(fresh);

describe('a recovery key that is typed', () => {
  it('stands there as on the paper, however it came', () => {
    const key = GROUPS.join(' ');
    for (const typed of [key, GROUPS.join('-'), `  ${GROUPS.join('').toLowerCase()}\n`]) {
      expect(onPaper(typed, typed.length)).toEqual({ text: key, caret: key.length });
    }
    expect(typedOf(key)).toBe(KEY_LENGTH);
  });

  it('leaves the caret behind the character that was typed', () => {
    expect(onPaper('7k3mx', 5)).toEqual({ text: '7K3M X', caret: 6 });
    expect(onPaper('7K3M XQ2D A9RT', 11)).toEqual({ text: '7K3M XQ2D A9RT', caret: 11 });
    // The space before a group goes with the character before it.
    expect(onPaper('7K3XQ2D', 3)).toEqual({ text: '7K3X Q2D', caret: 3 });
    expect(onPaper('', 0)).toEqual({ text: '', caret: 0 });
  });

  it('is pasted whole and opens the vault with Enter', async () => {
    await start(locked);
    await fireEvent.click(button('use-recovery-key'));
    await waitFor(() => expect(id('recovery-key')).not.toBeNull());
    expect(button('unlock').disabled).toBe(true);
    await fill('recovery-key', GROUPS.join('-').toLowerCase());
    expect(field('recovery-key').value).toBe(GROUPS.join(' '));
    handlers.unlock_vault = () => opened({ forgotten: true });
    await fireEvent.keyDown(field('recovery-key'), { key: 'Enter' });
    await waitFor(() => expect(app.screen).toBe('vault-password'));
    expect(sent('unlock_vault')).toEqual([{ form: { kind: 'recoveryKey', key: GROUPS.join(' ') }, older: false }]);
  });
});

describe('the pause after wrong passwords', () => {
  it('says why, holds every way in, and ends by itself', async () => {
    await start(locked);
    handlers.unlock_vault = () => ({ kind: 'wrong', wait: 1 });
    await fill('vault-password', 'wrong');
    await submit('unlock');
    await waitFor(() => expect(button('unlock').disabled).toBe(true));
    expect(document.body.textContent).toContain('pause after several wrong tries');
    expect(button('unlock-here').disabled).toBe(true);
    await fill('vault-password', 'right');
    await submit('unlock');
    expect(sent('unlock_vault')).toHaveLength(1);
    await waitFor(() => expect(button('unlock').disabled).toBe(false), { timeout: 2500 });
    expect(app.announcement).toContain('try again now');
    expect(field('vault-password').value).toBe('right');
  });

  it('stands there from the start where Rust says so', async () => {
    await start({ vault: vault({ open: false, wait: 40 }) });
    expect(button('unlock').disabled).toBe(true);
    expect(id('countdown')?.textContent).toMatch(/0:(40|39)/);
  });
});

describe('a vault that shuts behind the window', () => {
  it('locks the window with the next answer', async () => {
    await start();
    handlers.account = () => fail('locked');
    app.go({ name: 'account', id: 'a1' });
    await waitFor(() => expect(app.screen).toBe('vault-lock'));
    expect(document.body.textContent).not.toContain('Dorfladen');
  });

  it('is told from a keychain that is locked', async () => {
    await start();
    handlers.vault_state = () => vault();
    handlers.open_on_this_computer = () => fail('locked');
    await app.openHere(true);
    expect(app.error?.kind).toBe('locked');
    expect(app.locked).toBe(false);
  });

  it('locks when the computer falls asleep, again and again', async () => {
    const commands = bridge as unknown as { away?: () => Promise<unknown> };
    const real = commands.away;
    let sleep: () => void = () => undefined;
    commands.away = () => new Promise((resolve) => (sleep = () => resolve(null)));
    await start();
    void app.watch();
    handlers.unlock_vault = () => opened();
    for (const _ of [1, 2]) {
      sleep();
      await waitFor(() => expect(app.screen).toBe('vault-lock'));
      await waitFor(() => expect(sent('lock').length).toBeGreaterThan(0));
      await app.unlockVault({ kind: 'password', password: 'right' });
      expect(app.screen).toBe('accounts');
    }
    commands.away = real;
  });

  it('says so where it is not there, and looks again', async () => {
    await start({ vault: vault({ exists: false, open: false }) });
    expect(id('notice')?.textContent).toContain('can’t be read just now');
    handlers.vault_state = () => vault({ open: false });
    await fireEvent.click(button('check-again'));
    await waitFor(() => expect(id('notice')).toBeNull());
  });

  it('tells a keychain without a key from a wrong password', async () => {
    await start(locked);
    handlers.unlock_vault = () => fail('itemMissing');
    await fireEvent.click(button('unlock-here'));
    await waitFor(() => expect(id('notice')?.textContent).toContain('holds no key to this vault'));
  });
});

describe('a keychain in trouble', () => {
  const troubles: [StoreState, string, string | null][] = [
    ['locked', 'notice-action', null],
    ['dismissed', 'notice-action', null],
    ['missing', 'store-retry', 'store-to-vault'],
    ['itemMissing', 'store-retry', null],
    ['ambiguous', 'store-retry', null],
    ['broken', 'store-retry', 'store-to-vault'],
  ];

  it.each(troubles)('that is %s says what to do, and offers a vault only where that helps', async (state, action, way) => {
    await start({ kind: 'keychain', state });
    await waitFor(() => expect(id('store-help')).not.toBeNull());
    expect(id(action)).not.toBeNull();
    expect(id('store-to-vault') !== null).toBe(way !== null);
    await fireEvent.click(button('store-help'));
    expect(id('store-ways')?.querySelectorAll('li').length).toBeGreaterThan(1);
  });

  it('leads into a vault, and back again', async () => {
    await start({ kind: 'keychain', state: 'missing' });
    await waitFor(() => expect(id('store-to-vault')).not.toBeNull());
    await fireEvent.click(button('store-to-vault'));
    await waitFor(() => expect(app.screen).toBe('vault-create'));
    handlers.begin_vault = () => ({ kind: 'key', groups: GROUPS, ask: 4 });
    await app.making.begin(PASSWORD, PASSWORD);
    await waitFor(() => expect(id('vault-key')).not.toBeNull());
    // No keychain, no place for a key in it.
    expect(id('open-here')).toBeNull();
    expect(id('key-copy')).not.toBeNull();
    expect(id('key-print')).not.toBeNull();
    expect(id('print-slip')?.textContent).toContain('5NCE');
    app.making.reset();
    await waitFor(() => expect(app.screen).toBe('accounts'));
    expect(id('print-slip')).toBeNull();
  });

  it('makes the vault the first choice at the first start', async () => {
    await start({ kind: 'keychain', state: 'missing', firstStart: true });
    expect(field('store-vault').checked).toBe(true);
    expect(field('store-vault').closest('.choice')?.textContent).toContain('Recommended');
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('vault-create'));
  });
});

describe('making a vault that goes wrong at the end', () => {
  it('looks whether there is one now', async () => {
    await start({ kind: 'keychain' });
    await app.useVault();
    handlers.begin_vault = () => ({ kind: 'key', groups: GROUPS, ask: 4 });
    await app.making.begin(PASSWORD, PASSWORD);
    await waitFor(() => expect(id('key-group')).not.toBeNull());
    handlers.finish_vault = () => fail('noKeychain');
    handlers.vault_state = () => vault();
    await fill('key-group', '5NCE');
    await submit('continue');
    await waitFor(() => expect(app.vault.exists).toBe(true));
    expect(app.screen).toBe('vault-key');
    expect(field('key-group').value).toBe('5NCE');
    app.back();
    expect(app.screen).toBe('accounts');
    handlers.choose_store = () => ({ store: { kind: 'vault', state: 'ready' }, moved: null });
    expect(await app.useVault()).toBe(true);
    expect(sent('begin_vault')).toHaveLength(1);
  });
});

describe('lost answers', () => {
  it('can wait, and do not come back by themselves', async () => {
    let arrive: (found: unknown) => void = () => undefined;
    handlers.resolve = () => new Promise((resolve) => (arrive = resolve));
    await start({ inTheAir: 1 });
    await waitFor(() => expect(id('resolve-later')).not.toBeNull());
    await fireEvent.click(button('resolve-later'));
    await waitFor(() => expect(app.screen).toBe('accounts'));
    arrive([{ account: 'a1', name: 'Dorfladen', identifier: 'jana', what: 'newHolds' }]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(app.screen).toBe('accounts');
  });

  it('are asked for again after an error, by the one primary button', async () => {
    handlers.resolve = () => fail('offline');
    await start({ inTheAir: 1 });
    await waitFor(() => expect(id('notice')?.textContent).toContain('offline'));
    handlers.resolve = () => [{ account: 'a1', name: 'Dorfladen', identifier: 'jana', what: 'oldHolds' }];
    await submit('resolve-again');
    await waitFor(() => expect(id('resolved-row')?.textContent).toContain('The old password still holds'));
  });
});

describe('earlier states', () => {
  it('are restored after a question, and that can be undone', async () => {
    handlers.backups = () => [{ id: 'b2', savedAt: 1000, accounts: 6, back: ['Choir'], gone: [], differ: [] }];
    handlers.restore_backup = () => ({ accounts: 6, backup: 'b9' });
    await start();
    handlers.vault_state = () => vault();
    app.go({ name: 'backups' });
    await waitFor(() => expect(id('backup-row')?.textContent).toContain('Would come back: Choir'));
    await fireEvent.click(button('restore'));
    await waitFor(() => expect(id('confirm')).not.toBeNull());
    expect(sent('restore_backup')).toHaveLength(0);
    await fireEvent.click(button('confirm'));
    await waitFor(() => expect(id('undo-restore')?.getAttribute('aria-busy')).toBe(null));
    await fireEvent.click(button('undo-restore'));
    await waitFor(() => expect(id('notice')?.textContent).toContain('Undone'));
    expect(sent('restore_backup')).toEqual([{ id: 'b2' }, { id: 'b9' }]);
  });

  it('are a vault’s alone', async () => {
    await start({ kind: 'keychain' });
    app.go({ name: 'settings' });
    await waitFor(() => expect(id('store-place')).not.toBeNull());
    expect(id('earlier')).toBeNull();
    expect(id('made-card')).toBeNull();
  });
});

describe('earlier passwords', () => {
  it('say why and when each was set aside, shown or not, and hide by themselves', async () => {
    handlers.account = () =>
      page({
        history: [
          { id: 'h1', at: 1_700_000_000, why: 'replaced' },
          { id: 'h2', at: 1_600_000_000, why: 'notAccepted' },
        ],
        waiting: [{ id: 'w1', at: 1_700_000_000, why: 'sent' }],
      });
    await start();
    app.go({ name: 'account', id: 'a1' });
    await waitFor(() => expect(id('history-toggle')).not.toBeNull());
    await fireEvent.click(button('history-toggle'));
    const rows = () => all('history-row').map((row) => row.textContent ?? '');
    expect(rows()[0]).toMatch(/Replaced by a new one.*2023/);
    expect(rows()[1]).toMatch(/Not accepted by the server.*2020/);
    expect(all('waiting-row')[0]?.textContent).toMatch(/the answer was lost.*2023/);
    handlers.reveal_password = () => ({ password: 'mossy-7-Kettle', hideIn: 1 });
    await fireEvent.click(button('past-reveal'));
    await waitFor(() => expect(rows()[0]).toContain('mossy-7-Kettle'));
    expect(rows()[0]).toMatch(/Replaced by a new one.*2023/);
    expect(button('past-copy').getAttribute('aria-label')).toContain('Replaced by a new one');
    await waitFor(() => expect(document.body.innerHTML).not.toContain('mossy'), { timeout: 2500 });
    expect(invoked.filter(([name]) => name === 'reveal_password')).toHaveLength(1);
  });
});
