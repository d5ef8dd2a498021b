import { fireEvent, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Question, View } from '../src/bridge';

vi.mock('@tauri-apps/api/core', () => import('./core'));

const { fail, handlers, sent } = await import('./core');
const { app, flow } = await import('../src/app.svelte');
const { entryOfServer } = await import('../src/flow.svelte');
const { button, field, fill, fresh, id, page, row, start, submit } = await import('./window');
const { allowPhone, confirmAccount, confirmCode, done, scan, server, showCode, view, waitForPhone } = await import('./fake');

const never = () => new Promise(() => undefined);
const soon = () => Math.floor(Date.now() / 1000);
const pair = (question: Question, part: Partial<View> = {}) => view(question, { intent: 'pair', ...part });
const given = (args: Record<string, unknown>) => args.answer as { kind: string; code?: string };
const text = (name: string) => id(name)?.textContent?.replace(/\s+/g, ' ').trim() ?? '';

/** The window at a question of the phone; what is answered after that is up to the test. */
async function at(first: Question, part: Partial<View> = {}) {
  handlers.begin = () => pair(first, part);
  handlers.answer ??= never;
  await start({ kind: 'keychain' });
  await flow.openAccount(entryOfServer(server), '', part.intent === 'linkPhone' ? 'linkPhone' : 'pair');
  await waitFor(() => expect(id('heading')).not.toBeNull());
}

beforeEach(fresh);

describe('the QR code', () => {
  const now = () => scan({ shownAt: soon(), renewsAt: soon() + 41, validUntil: soon() + 300 });

  it('is a picture of at least its smallest size, with a name, and the typed way beside it', async () => {
    await at(now());
    expect(app.screen).toBe('scan-qr');
    const picture = id('qr') as HTMLImageElement;
    expect(picture.src.startsWith('data:image/svg+xml,')).toBe(true);
    expect(decodeURIComponent(picture.src)).toContain('<svg xmlns="http://www.w3.org/2000/svg"');
    expect(picture.width).toBe(328);
    expect(picture.alt).not.toBe('');
    expect(text('qr-letters')).toBe('BCDFG-HJKLM');
    expect(text('qr-address')).toContain('accounts.dorfladen.example/device');
    expect(text('qr-renews')).toMatch(/Renews itself in 0:4\d/);
    expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'wait' } }]);
  });

  it('says when a new one is on its way, and where none comes how long it works', async () => {
    await at(scan({ shownAt: soon() - 60, renewsAt: soon() - 1, validUntil: soon() + 200 }));
    await waitFor(() => expect(text('qr-renews')).toBe('A new one is on its way.'));
    handlers.begin = () => pair(scan({ renewsAt: null, validUntil: soon() + 100 }));
    flow.cancel();
    await flow.openAccount(entryOfServer(server), '', 'pair');
    await waitFor(() => expect(text('qr-renews')).toMatch(/Time left: 1:/));
  });

  it('is copied by its letters with C, and not while something is typed', async () => {
    const writeText = vi.fn(async () => undefined);
    Object.assign(navigator, { clipboard: { writeText } });
    await at(now());
    await fireEvent.keyDown(document.body, { key: 'c', ctrlKey: true });
    expect(writeText).not.toHaveBeenCalled();
    await fireEvent.keyDown(document.body, { key: 'c' });
    await waitFor(() => expect(app.announcement).toBe('The letters are copied.'));
    expect(writeText).toHaveBeenCalledWith('BCDFG-HJKLM');
  });

  it('is enlarged, and Esc closes that alone', async () => {
    await at(now());
    await fireEvent.click(button('qr-enlarge'));
    await waitFor(() => expect(id('qr-large')).not.toBeNull());
    await fireEvent.keyDown(document.activeElement ?? document.body, { key: 'Escape' });
    await waitFor(() => expect(id('qr-large')).toBeNull());
    expect(app.screen).toBe('scan-qr');
  });

  it('warns where the server cannot tell who began, and says what such a session is good for', async () => {
    await at(scan({ guarded: false, reach: 'identityOnly' }));
    expect(text('lead')).toContain('you asked for yourself');
    expect(id('qr-unguarded')).not.toBeNull();
    expect(text('qr-reach')).toContain('who you are');
    flow.cancel();
    handlers.begin = () => pair(now());
    await flow.openAccount(entryOfServer(server), '', 'pair');
    await waitFor(() => expect(id('qr')).not.toBeNull());
    expect(id('qr-unguarded')).toBeNull();
    expect(id('qr-reach')).toBeNull();
  });

  it('stays while the server is away, with a quiet word that goes by itself', async () => {
    const give: ((view: View) => void)[] = [];
    handlers.answer = () => new Promise<View>((resolve) => give.push(resolve));
    await at(now());
    give[0]?.(pair(now(), { problem: { kind: 'stillTrying' } }));
    await waitFor(() => expect(id('still-trying')).not.toBeNull());
    expect(document.querySelector('[role="alert"]')).toBeNull();
    expect(id('qr')).not.toBeNull();
    give[1]?.(pair(now()));
    await waitFor(() => expect(id('still-trying')).toBeNull());
  });

  it('whose time is up offers a new one', async () => {
    handlers.answer = () => fail('expired');
    await at(now());
    await waitFor(() => expect(app.screen).toBe('pairing-over'));
    expect(text('heading')).toBe('The time is up.');
    handlers.answer = never;
    await submit('pair-again');
    await waitFor(() => expect(app.screen).toBe('scan-qr'));
  });

  it('that the phone refused leads to the password, too', async () => {
    handlers.answer = () => fail('refused');
    await at(now());
    await waitFor(() => expect(text('heading')).toBe('The phone said no.'));
    await fireEvent.click(button('by-password'));
    await waitFor(() => expect(app.screen).toBe('sign-in'));
  });
});

describe('the code from the phone', () => {
  it('is sent when complete, and says how many tries are left', async () => {
    handlers.answer = (args) => {
      const { kind, code } = given(args);
      if (kind === 'wait') return never();
      if (code === '123456') return pair({ ...waitForPhone, validUntil: soon() + 100 } as Question);
      return pair({ ...confirmCode, validUntil: soon() + 100, triesLeft: 2 } as Question, { problem: { kind: 'wrongCode' } });
    };
    await at({ ...confirmCode, scannedAt: soon(), validUntil: soon() + 100 } as Question);
    expect(text('lead')).toMatch(/scanned the QR code, \d+ seconds? ago/);
    await fill('code-input', '111111');
    await waitFor(() => expect(text('tries-left')).toBe('2 tries left.'));
    expect(text('notice')).toContain('Compare the digits with your phone');
    await fireEvent.paste(document.body, { clipboardData: { getData: () => '123 456' } });
    await waitFor(() => expect(app.screen).toBe('wait-for-phone'));
    expect(sent('answer')).toHaveLength(3);
  });

  it('that ran out is not sent any more', async () => {
    await at({ ...confirmCode, validUntil: soon() - 1 } as Question);
    await waitFor(() => expect(id('pair-again')).not.toBeNull());
    await fill('code-input', '123456');
    expect(sent('answer')).toEqual([]);
    handlers.begin = () => pair(scan(), { flow: 2 });
    await submit('pair-again');
    await waitFor(() => expect(app.screen).toBe('scan-qr'));
  });
});

describe('whose account it is', () => {
  it('is said in full, and accepted on purpose only', async () => {
    handlers.answer = () => pair({ ...done, what: 'paired' } as Question);
    await at(confirmAccount({ listed: true, weakUntil: soon() + 86_400, reach: 'identityOnly' }));
    await waitFor(() => expect(document.activeElement).toBe(id('heading')));
    expect(text('heading')).toBe('Sign in as jana@gmail.com on Dorfladen?');
    expect(text('confirm-identifier')).toBe('jana@gmail.com');
    expect(text('confirm-mailbox')).toContain('j•••@gmail.com');
    expect(text('confirm-listed')).toContain('already');
    expect(text('confirm-weak')).toContain('Until tomorrow');
    expect(text('confirm-reach')).toContain('who you are');
    for (const target of [id('heading'), document.body]) {
      await fireEvent.keyDown(target as HTMLElement, { key: 'Enter' });
    }
    expect(sent('answer')).toEqual([]);
    await fireEvent.click(button('confirm-yes'));
    await waitFor(() => expect(app.screen).toBe('done'));
    expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'yes' } }]);
    await fireEvent.click(button('go-to-account'));
    await waitFor(() => expect(app.room).toEqual({ name: 'account', id: 'a1' }));
  });

  it('is left with No, and Esc does nothing by accident', async () => {
    await at(confirmAccount());
    for (const name of ['confirm-listed', 'confirm-weak', 'confirm-reach']) expect(id(name)).toBeNull();
    await fireEvent.keyDown(document.body, { key: 'Escape' });
    expect(app.screen).toBe('confirm-account');
    await fireEvent.click(button('confirm-no'));
    await waitFor(() => expect(sent('cancel')).toEqual([{ flow: 1 }]));
    expect(app.screen).toBe('accounts');
  });
});

describe('a phone that is linked', () => {
  const link = { intent: 'linkPhone' } as const;

  it('gets digits, spelled out for who listens', async () => {
    await at(showCode, link);
    expect(text('show-code')).toContain('0 4 8 2 1 3');
    expect(text('phone-name')).toContain('Firefox on Android');
    expect(text('phone-name')).toContain('203.0.113.0/24');
    expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'wait' } }]);
  });

  it('gets in with the password, typed or saved', async () => {
    handlers.answer = (args) => {
      const { kind } = given(args);
      if (kind === 'saved') return pair(allowPhone, { ...link, problem: { kind: 'noPasswordFits' } });
      return pair({ ...done, what: 'phoneLinked' } as Question, link);
    };
    await at(allowPhone, link);
    expect(sent('answer')).toEqual([]);
    expect(button('allow-phone').disabled).toBe(true);
    await fireEvent.click(button('use-saved'));
    await waitFor(() => expect(text('notice')).toContain('The saved password doesn’t fit.'));
    await fill('allow-password', 'right');
    await submit('allow-phone');
    await waitFor(() => expect(text('heading')).toBe('The phone is in.'));
    expect(sent('answer').at(-1)).toEqual({ flow: 1, answer: { kind: 'password', password: 'right' } });
    await submit('done');
    await waitFor(() => expect(app.room).toEqual({ name: 'account', id: 'a1' }));
  });

  it('keeps what was typed when the server never saw it', async () => {
    handlers.answer = () => fail('offline');
    await at(allowPhone, link);
    await fill('allow-password', 'right');
    await submit('allow-phone');
    await waitFor(() => expect(document.querySelector('[role="alert"]')).not.toBeNull());
    await waitFor(() => expect(field('allow-password').value).toBe('right'));
  });

  it('is denied', async () => {
    await at(allowPhone, link);
    await fireEvent.click(button('deny-phone'));
    await waitFor(() => expect(sent('cancel')).toEqual([{ flow: 1 }]));
  });

  it('stands where it stays: not before the list of sessions above it is there', async () => {
    let answer: (list: never[]) => void = () => undefined;
    handlers.sessions = () => new Promise((resolve) => (answer = resolve));
    handlers.account = () => page({ abilities: { ...server.abilities, sessions: true } });
    await start({ kind: 'keychain' });
    app.go({ name: 'account', id: 'a1' });
    await waitFor(() => expect(sent('sessions')).toHaveLength(1));
    expect(id('link-phone')).toBeNull();
    answer([]);
    await waitFor(() => expect(id('link-phone')).not.toBeNull());
  });

  it('is offered on the page of an account that is signed in, where the server can', async () => {
    const abilities = { ...server.abilities, sessions: true };
    handlers.sessions = () => [];
    handlers.begin = () => fail('tooNew');
    for (const [part, state, offered] of [
      [{}, 'signedIn', true],
      [{ linkPhone: false, guided: false }, 'signedIn', false],
      [{}, 'passwordSaved', false],
    ] as const) {
      handlers.account = () => page({ abilities: { ...abilities, ...part }, account: { ...row, state } as never });
      const rendered = await start({ kind: 'keychain' });
      app.go({ name: 'account', id: 'a1' });
      await waitFor(() => expect(id('account-sign-in') ?? id('sign-out')).not.toBeNull());
      if (state === 'signedIn') await waitFor(() => expect(sent('sessions')).not.toEqual([]));
      if (offered) {
        await waitFor(() => expect(id('link-phone')).not.toBeNull());
        await fireEvent.click(button('link-phone'));
        await waitFor(() => expect(text('notice')).toContain('came in through a phone'));
      } else {
        expect(id('link-phone')).toBeNull();
      }
      rendered.unmount();
      app.go({ name: 'accounts' });
    }
  });
});

describe('the way to a phone', () => {
  it('stands on the sign-in screen of a server that can', async () => {
    handlers.begin = () => pair(scan());
    handlers.answer = never;
    await start({ kind: 'keychain' });
    flow.openSignIn({ ...entryOfServer(server), abilities: { ...server.abilities, pair: null as never } }, '');
    await waitFor(() => expect(id('sign-in-identifier')).not.toBeNull());
    expect(id('with-phone')).toBeNull();
    flow.openSignIn(entryOfServer(server), '');
    await waitFor(() => expect(id('with-phone')).not.toBeNull());
    await fireEvent.click(button('with-phone'));
    await waitFor(() => expect(app.screen).toBe('scan-qr'));
    await fireEvent.keyDown(document.body, { key: 'Escape' });
    await waitFor(() => expect(app.screen).toBe('sign-in'));
    expect(sent('cancel')).toEqual([{ flow: 1 }]);
  });
});
