import { fireEvent, waitFor } from '@testing-library/svelte';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CheckView, HouseView, NeedView, TriedView, WayView } from '../src/bridge';
import { languages } from '../src/i18n/index.svelte';
import { checkText, howText, keyOf, needText, sizeOf, triedText, warningLines, withoutText } from '../src/ways';

vi.mock('@tauri-apps/api/core', () => import('./core'));
const { app } = await import('../src/app.svelte');
const { fail, handlers, sent } = await import('./core');
const { button, field, fill, fresh, id, start, submit, ways } = await import('./window');

const MAILBOX: NeedView = { kind: 'mailbox', address: 'jana@mail.example' };
const PHONE: NeedView = { kind: 'device', name: 'My phone' };
const COMPUTER: NeedView = { kind: 'thisComputer' };
const press = (name: Parameters<typeof id>[0]) => fireEvent.click(button(name));
const there = (name: string) => waitFor(() => expect(id(name)).not.toBeNull());
const all = (name: string) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${name}"]`)];
const text = (name: string) => id(name)?.textContent?.replace(/\s+/g, ' ').trim();

const window = (name: string, standing: HouseView['windows'][number]['standing'] = 'getsIn') => ({
  id: name, name, identifier: 'jana', standing,
});
const house = (part: Partial<HouseView> = {}): HouseView => ({
  windows: [window('Dorfladen'), window('Trains')],
  losses: [MAILBOX, PHONE, COMPUTER].map((need) => ({ need, locksOut: 1 })),
  circles: [],
  steps: [],
  warnings: [],
  ...part,
});
const dark = house({
  windows: [window('Dorfladen', 'oneWayLeft'), window('Trains', 'lockedOut')],
  steps: [{ id: 'Trains', name: 'Trains', how: { kind: 'codes', here: true }, lights: 1, shouldBeLost: null }],
});
const way = (means: WayView['means'], part: Partial<WayView> = {}): WayView => ({
  means, said: false, denied: false, tried: { kind: 'notYet' }, secondStep: false, ...part,
});

beforeEach(() => {
  fresh();
  handlers.house = ({ lost }) => ((lost as unknown as NeedView[]).length > 0 ? dark : house());
});

async function enter(): Promise<void> {
  await start({ kind: 'keychain' });
  await press('nav-ways-back');
  await there('house');
}

async function openAccount(): Promise<void> {
  await start({ kind: 'keychain' });
  app.go({ name: 'account', id: 'a1' });
  await there('ways-section');
  await there('codes-section');
}

describe('the page of an account', () => {
  it('says whose it is and where, apart from each other', async () => {
    await openAccount();
    expect(text('account-where')).toBe('jana@gmail.com · accounts.dorfladen.example');
  });
});

describe('the house', () => {
  it('has a window for each account, which says its state in words and leads to it', async () => {
    await enter();
    expect(all('window').map((one) => one.textContent?.replace(/\s+/g, ' ').trim())).toEqual([
      'Dorfladen , jana: You get in',
      'Trains , jana: You get in',
    ]);
    expect(text('house-sentence')).toBe('You get into all 2 accounts.');
    expect(id('notice')?.textContent).toContain('No single loss');
    expect(sent('house')).toEqual([{ lost: [], again: true }]);
    await fireEvent.click(all('window')[1] as HTMLElement);
    expect(app.room).toEqual({ name: 'account', id: 'Trains', at: 'ways' });
  });

  it('goes dark with what is lost, and says what would light it again', async () => {
    await enter();
    const inputs = [...(id('what-if')?.querySelectorAll('input') ?? [])];
    expect(inputs.map((input) => input.value)).toEqual(['', ...[MAILBOX, PHONE, COMPUTER].map(keyOf)]);
    await fireEvent.click(inputs[1] as HTMLInputElement);
    await waitFor(() => expect(text('house-sentence')).toBe('Without your mailbox, 1 of 2 goes dark.'));
    expect(sent('house').at(-1)).toEqual({ lost: [MAILBOX], again: false });
    expect(all('window').map((one) => one.dataset.standing)).toEqual(['oneWayLeft', 'lockedOut']);
    expect(text('step')).toContain('Make recovery codes there and keep them here.');
    await press('step-do');
    expect(app.room).toMatchObject({ name: 'account', id: 'Trains' });
  });

  it('keeps to the last of two choices, whichever answer comes first', async () => {
    await enter();
    const answers: ((view: HouseView) => void)[] = [];
    handlers.house = () => new Promise<HouseView>((resolve) => answers.push(resolve));
    const inputs = [...(id('what-if')?.querySelectorAll('input') ?? [])];
    await fireEvent.click(inputs[1] as HTMLInputElement);
    await fireEvent.click(inputs[3] as HTMLInputElement);
    await waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.(dark);
    await waitFor(() => expect(text('house-sentence')).toContain('Without this computer'));
    answers[0]?.(house());
    await Promise.resolve();
    expect(text('house-sentence')).toBe('Without this computer, 1 of 2 goes dark.');
  });

  it('names what helps before anything is lost, circles and codes that are few', async () => {
    handlers.house = () =>
      house({
        circles: [['GMX', 'Posteo']],
        steps: [{ id: 'Trains', name: 'Trains', how: { kind: 'phone' }, lights: 2, shouldBeLost: PHONE }],
        warnings: [{ id: 'Trains', name: 'Trains', what: { kind: 'fewCodes', left: 1 } }],
      });
    await enter();
    expect(text('step')).toContain('Without “My phone”, 1 account would go dark. Add a phone number there. Lights 2 windows.');
    expect(all('notice').map((one) => one.textContent)).toEqual([
      expect.stringContaining('GMX · Posteo'),
      expect.stringContaining('Trains: 1 recovery code left.'),
    ]);
  });

  it('is an invitation while there are no accounts', async () => {
    handlers.house = () => house({ windows: [], losses: [] });
    await start({ kind: 'keychain' });
    await press('nav-ways-back');
    await there('house-empty');
    await press('add-account');
    expect(app.room.name).toBe('add');
  });

  it('says what keeps it from being drawn', async () => {
    handlers.house = () => fail('storeBroken');
    await start({ kind: 'keychain' });
    await press('nav-ways-back');
    await there('notice');
    expect(id('house')).toBeNull();
  });

  it('has windows that get smaller as they get more', () => {
    expect([1, 24, 25, 80, 81, 300].map(sizeOf)).toEqual(['large', 'large', 'middle', 'middle', 'small', 'small']);
  });

  it('has no trouble that axe finds', async () => {
    await enter();
    const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false } } });
    expect(violations.map(({ id: rule }) => rule)).toEqual([]);
  });
});

describe('the ways back of an account', () => {
  const password = way({ kind: 'savedPassword' });
  const phone = way({ kind: 'phone', name: 'My phone' }, { said: true });

  it('are denied, and taken back', async () => {
    handlers.ways = () => ways({ ways: [password, phone] });
    handlers.deny_way = () => ways({ ways: [{ ...password, denied: true }, phone] });
    handlers.unsay_way = () => ways({ ways: [password] });
    await openAccount();
    expect(all('way')).toHaveLength(2);
    await press('way-deny');
    await there('way-allow');
    expect(sent('deny_way')).toEqual([{ account: 'a1', means: { kind: 'savedPassword' } }]);
    await press('way-remove');
    await waitFor(() => expect(all('way')).toHaveLength(1));
    expect(sent('unsay_way')).toEqual([{ account: 'a1', means: phone.means }]);
  });

  it('are added by name, with names given before to choose from', async () => {
    handlers.ways = () => ways({ devices: ['My phone'] });
    handlers.add_way = () => ways({ ways: [phone] });
    await openAccount();
    await press('way-add');
    await there('way-name');
    await submit('way-save');
    expect(sent('add_way')).toEqual([]);
    await press('way-known');
    expect(field('way-name').value).toBe('My phone');
    await submit('way-save');
    await waitFor(() => expect(all('way')).toHaveLength(1));
    expect(sent('add_way')).toEqual([{ account: 'a1', means: { kind: 'phone', name: 'My phone' } }]);
    await waitFor(() => expect(document.activeElement).toBe(button('way-add')));
  });

  it('that failed are mended, and what all hangs on is said', async () => {
    handlers.ways = () =>
      ways({ ways: [way({ kind: 'byHeart' }, { said: true, tried: { kind: 'failed', at: 1000 } })], hangsOn: [COMPUTER], standing: 'oneWayLeft' });
    handlers.mend_way = () => ways({ ways: [way({ kind: 'byHeart' }, { said: true })] });
    await openAccount();
    expect(id('ways-section')?.textContent).toContain('Everything here hangs on: This computer');
    await press('way-mend');
    await waitFor(() => expect(id('way-mend')).toBeNull());
    expect(sent('mend_way')).toEqual([{ account: 'a1', means: { kind: 'byHeart' } }]);
  });
});

describe('saved recovery codes', () => {
  const kept = { since: 1000, all: 2, left: 2, few: true, earlier: 0 };
  const shown = (usedAt: number | null) => ({ codes: [{ id: 4, text: 'ABCD-1234', usedAt }], earlier: [] });

  it('are pasted, looked at, and kept only then', async () => {
    handlers.read_codes = () => ({ codes: ['ABCD-1234', 'EFGH-5678'], leftOut: ['Your codes:'] });
    handlers.save_codes = () => ways({ codes: kept });
    await openAccount();
    await press('codes-paste');
    await there('codes-text');
    expect(button('codes-keep').disabled).toBe(true);
    await fill('codes-text', 'Your codes:\nABCD-1234 EFGH-5678');
    await waitFor(() => expect(text('codes-found')).toContain('2 codes found'));
    expect(text('codes-found')).toContain('Your codes:');
    expect(sent('save_codes')).toEqual([]);
    await submit('codes-keep');
    await there('codes-left');
    expect(sent('save_codes')).toEqual([{ account: 'a1', codes: ['ABCD-1234', 'EFGH-5678'], add: false }]);
    expect(text('codes-left')).toBe('2 of 2 left');
    expect(id('codes-section')?.textContent).toContain('2 codes are left.');
    expect(id('codes-text')).toBeNull();
  });

  it('are shown when asked, crossed off and brought back', async () => {
    handlers.ways = () => ways({ codes: kept });
    handlers.reveal_codes = () => shown(null);
    handlers.cross_off = ({ used }) => shown(used ? 1000 : null);
    await openAccount();
    expect(sent('reveal_codes')).toEqual([]);
    await press('codes-show');
    await there('code');
    await press('code-cross');
    await waitFor(() => expect(text('code')).toContain('Used'));
    expect(id('code-copy')).toBeNull();
    await waitFor(() => expect(button('code-cross').getAttribute('aria-busy')).toBeNull());
    await press('code-cross');
    await waitFor(() => expect(text('code')).not.toContain('Used'));
    expect(sent('cross_off')).toEqual([
      { account: 'a1', code: 4, used: true },
      { account: 'a1', code: 4, used: false },
    ]);
    await press('codes-show');
    expect(id('code')).toBeNull();
  });
});

describe('a rehearsal', () => {
  const check = (means: WayView['means']): CheckView => ({ kind: 'way', means });
  const last: TriedView = { kind: 'notYet' };
  const tasks = [
    { check: check({ kind: 'savedPassword' }), who: 'regain' as const, last },
    { check: check({ kind: 'phone', name: 'My phone' }), who: 'person' as const, last },
    { check: { kind: 'recoveryKey' } as CheckView, who: 'typed' as const, last },
  ];

  it('looks, asks, compares the key, and keeps what was answered', async () => {
    handlers.ways = () => ways({ tasks });
    let keys = 0;
    handlers.rehearse = ({ check: it }) =>
      (it as unknown as CheckView).kind === 'recoveryKey' ? { kind: keys++ === 0 ? 'notAKey' : 'failed' } : { kind: 'held' };
    handlers.rehearsed = () => ways({ tasks, lastRehearsed: 1000 });
    await openAccount();
    await press('drill-begin');
    await there('drill-task');
    expect(button('drill-save').disabled).toBe(true);
    await press('drill-look');
    await waitFor(() => expect(all('drill-task')[0]?.textContent).toContain('Works'));
    await press('drill-no');
    await fill('drill-key', '7K3M');
    await fireEvent.submit(field('drill-key').form as HTMLFormElement);
    await waitFor(() => expect(id('drill')?.textContent).toContain('This is no recovery key'));
    await fireEvent.submit(field('drill-key').form as HTMLFormElement);
    await waitFor(() => expect(all('drill-task')[2]?.textContent).toContain('Failed'));
    expect(field('drill-key').value).toBe('');
    await press('drill-save');
    await waitFor(() => expect(text('drill-last')).toContain('Last rehearsed'));
    expect(sent('rehearsed')).toEqual([
      { account: 'a1', went: [true, false, false].map((held, place) => ({ check: tasks[place]?.check, held })) },
    ]);
  });

  it('is reminded of, quietly, and can be put off', async () => {
    handlers.due = () => ({ id: 'a1', name: 'Dorfladen', lastRehearsed: null });
    handlers.remind = () => null;
    await start({ kind: 'keychain' });
    await there('due');
    await press('due-later');
    await waitFor(() => expect(id('due')).toBeNull());
    expect(sent('remind')).toEqual([{ account: 'a1', when: 'later' }]);
  });

  it('is not reminded of while something else needs the person', async () => {
    handlers.accounts = () => [{ ...(handlers.account?.({}) as { account: object }).account, state: 'inTheAir' }];
    handlers.due = () => ({ id: 'a1', name: 'Dorfladen', lastRehearsed: null });
    await start({ kind: 'keychain' });
    await there('account-list');
    expect([id('due'), sent('due')]).toEqual([null, []]);
  });

  it('leaves the reminders of an account off once they are switched off', async () => {
    handlers.ways = () => ways({ reminds: sent('remind').length === 0 });
    handlers.remind = () => null;
    await openAccount();
    await press('drill-remind');
    await waitFor(() => expect(button('drill-remind').getAttribute('aria-checked')).toBe('false'));
    expect(sent('remind')).toEqual([{ account: 'a1', when: 'never' }]);
  });
});

describe('what is said of ways back', () => {
  it('has words for everything, in every language', () => {
    const needs: NeedView[] = [
      COMPUTER, PHONE, MAILBOX, { kind: 'account', id: 'x', name: 'GMX' }, { kind: 'codes', name: 'drawer' },
      { kind: 'person', name: 'Ada' }, { kind: 'memory' }, { kind: 'vault' }, { kind: 'vaultPassword' }, { kind: 'recoveryKey' },
    ];
    for (const t of Object.values(languages)) {
      const said = [
        ...needs.flatMap((need) => [needText(need, t), withoutText(need, t), withoutText(need, t, needs)]),
        ...(['savePassword', 'otherMailbox', 'phone', 'person'] as const).map((kind) => howText({ kind }, t)),
        howText({ kind: 'codes', here: false }, t),
        howText({ kind: 'mend', means: { kind: 'byHeart' } }, t),
        triedText({ kind: 'failed', at: null }, t, String),
        checkText({ kind: 'practice' }, t),
        ...warningLines({ id: 'x', name: 'GMX', what: { kind: 'codesInTheSamePlace' } }, t),
      ];
      for (const line of said) expect(line).toMatch(/\p{L}{2}/u);
      expect(new Set(said.slice(0, 10)).size).toBeGreaterThan(5);
      expect(needText(MAILBOX, t, [MAILBOX, PHONE])).not.toContain('@');
      expect(needText(MAILBOX, t, needs)).toContain('@');
    }
  });
});
