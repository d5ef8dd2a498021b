import { fireEvent, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('@tauri-apps/api/core', () => import('./core'));
const { app, flow } = await import('../src/app.svelte');
const { fail, handlers, invoked, sent } = await import('./core');
const { button, field, fill, fresh, id, page, row, start } = await import('./window');
const { code, view, listed } = await import('./fake');

const named = { issuer: 'Dorfladen', account: 'jana', digits: 6, period: 30 };
const current = { named, since: 1000 };
const press = (name: Parameters<typeof id>[0]) => fireEvent.click(button(name));
const there = (name: string) => waitFor(() => expect(id(name)).not.toBeNull());

beforeEach(() => {
  fresh();
  handlers.can_read_screen = () => false;
  handlers.forget_scanned = () => null;
  handlers.authenticator = () => ({ current: null, earlier: [] });
});

async function openAccount(): Promise<void> {
  await start({ kind: 'keychain' });
  app.go({ name: 'account', id: 'a1' });
  await there('authenticator');
}

async function look(found: object[]): Promise<void> {
  handlers.read_typed = () => ({ number: 7, found });
  await openAccount();
  await press('authenticator-add');
  await there('scan-typed');
  await fill('scan-typed', 'GEZDGNBVGY3TQOJQ');
  await fireEvent.submit(field('scan-typed').form as HTMLFormElement);
}

describe('the authenticator of an account', () => {
  it('comes with the page, and is asked for by itself only where it did not', async () => {
    handlers.account = () => page({ authenticator: { current, earlier: [] } });
    await openAccount();
    expect(id('authenticator')?.textContent).toContain('Dorfladen · jana');
    expect(sent('authenticator')).toEqual([]);
  });

  it('is shown as what it is before it is kept', async () => {
    await look([{ kind: 'authenticator', ...named }]);
    await there('scan-keep');
    expect(field('scan-typed').value).toBe('');
    expect(id('scan-authenticator')?.textContent).toContain('Dorfladen · jana');
    expect(sent('keep_scanned')).toEqual([]);
    handlers.keep_scanned = () => ({ current, earlier: [] });
    await press('scan-keep');
    await there('otp-value');
    expect(sent('keep_scanned')).toEqual([{ number: 7, place: 0, entry: 0, account: 'a1' }]);
    await press('scan-close');
    await waitFor(() => expect(sent('forget_scanned')).toHaveLength(1));
    await waitFor(() => expect(document.activeElement).toBe(button('authenticator-add')));
  });

  it('shows its code only when asked, and asks for the next one in time', async () => {
    handlers.authenticator = () => ({ current, earlier: [] });
    let asked = 0;
    handlers.authenticator_code = () => {
      const validUntil = Math.floor(Date.now() / 1000) + (asked === 0 ? 1 : 30);
      asked += 1;
      return { code: asked === 1 ? '111222' : '333444', validUntil, period: 30 };
    };
    await openAccount();
    expect(id('otp-value')?.textContent).toBe('••••••');
    expect(sent('authenticator_code')).toEqual([]);
    await press('otp-reveal');
    await waitFor(() => expect(id('otp-value')?.textContent).toMatch(/111222|333444/));
    await waitFor(() => expect(id('otp-value')?.textContent).toBe('333444'));
    await press('otp-reveal');
    await waitFor(() => expect(id('otp-value')?.textContent).toBe('••••••'));
  });

  it('is copied by Rust, and the clipboard is cleared as for every secret', async () => {
    handlers.authenticator = () => ({ current, earlier: [] });
    handlers.copy_authenticator_code = () => ({ clearIn: 30 });
    await openAccount();
    await press('otp-copy');
    await there('toast');
    expect(sent('authenticator_code')).toEqual([]);
  });

  it('is taken away after a question, and comes back', async () => {
    handlers.authenticator = () => ({ current, earlier: [] });
    const gone = { current: null, earlier: [{ named, at: 1000, removed: true }] };
    handlers.remove_authenticator = () => gone;
    handlers.restore_authenticator = () => ({ current, earlier: [] });
    await openAccount();
    await press('authenticator-remove');
    await there('dialog');
    expect(sent('remove_authenticator')).toEqual([]);
    await press('confirm');
    await there('authenticator-earlier');
    await press('authenticator-earlier');
    await there('authenticator-again');
    await press('authenticator-again');
    await there('otp-value');
    expect(sent('restore_authenticator')).toEqual([{ account: 'a1', place: 0, at: 1000 }]);
  });
});

describe('what was read', () => {
  it('goes to several accounts, one by one', async () => {
    handlers.accounts = () => [row, { ...row, id: 'a2', name: 'Choir' }];
    handlers.keep_scanned = () => ({ current, earlier: [] });
    const entries = [{ ...named, issuer: 'Library' }, { ...named, issuer: 'choir' }];
    await look([{ kind: 'migration', entries, leftOut: ['Old bank'], part: 1, parts: 2 }]);
    await there('scan-keep');
    expect(id('scan')?.textContent).toContain('Code 1 of 2');
    expect(id('scan')?.textContent).toContain('Old bank');
    const keeps = () => document.querySelectorAll<HTMLButtonElement>('[data-testid="scan-keep"]');
    // Where no account is called alike, nothing is chosen for the person.
    expect([...keeps()].map(({ disabled }) => disabled)).toEqual([true, false]);
    await fireEvent.click(keeps()[1] as HTMLButtonElement);
    await waitFor(() => expect(keeps()).toHaveLength(1));
    expect(sent('keep_scanned')).toEqual([{ number: 7, place: 0, entry: 1, account: 'a2' }]);
  });

  it('opens a link of a known server only after a question, with Cancel first', async () => {
    handlers.open_scanned = () => null;
    await look([{ kind: 'pairing', host: 'accounts.dorfladen.example', server: 'Dorfladen' }]);
    await there('scan-open');
    await press('scan-open');
    await there('dialog');
    expect(id('dialog')?.textContent).toContain('accounts.dorfladen.example');
    expect(id('dialog')?.textContent).toContain('It signs in the computer that shows it');
    await waitFor(() => expect(document.activeElement).toBe(button('dialog-cancel')));
    await press('dialog-cancel');
    await waitFor(() => expect(id('dialog')).toBeNull());
    expect(sent('open_scanned')).toEqual([]);
    await press('scan-open');
    await there('dialog');
    await press('confirm');
    await waitFor(() => expect(sent('open_scanned')).toEqual([{ number: 7, place: 0 }]));
  });

  it('does not open a link of a stranger, and no text', async () => {
    await look([
      { kind: 'pairing', host: 'evil.example', server: null },
      { kind: 'text', text: 'https://evil.example/' },
    ]);
    await there('scan-text');
    expect(id('scan-open')).toBeNull();
    expect(id('scan')?.querySelector('a')).toBeNull();
  });

  it('says what is wrong in two lines', async () => {
    handlers.read_qr_clipboard = () => {
      throw { kind: 'picture', why: 'notCopied' };
    };
    await look([{ kind: 'unusable', why: 'countsUses' }]);
    await waitFor(() => expect(id('notice')?.textContent).toContain('counts its uses'));
    await press('scan-clipboard');
    await waitFor(() => expect(id('notice')?.textContent).toContain('no picture in the clipboard'));
    expect(invoked.filter(([name]) => name === 'keep_scanned')).toEqual([]);
  });

  it('offers the screen only where the system lets it be chosen', async () => {
    await look([]);
    expect(id('scan-screen')).toBeNull();
    handlers.can_read_screen = () => true;
    handlers.read_qr_screen = () => null;
    await press('scan-close');
    await press('authenticator-add');
    await there('scan-screen');
    await press('scan-screen');
    await waitFor(() => expect(id('scan')?.textContent).toContain('Nothing was chosen'));
  });

  it('takes no file above 20 MB', async () => {
    handlers.read_qr_file = () => fail('bug');
    await openAccount();
    await press('authenticator-add');
    await there('scan-file-input');
    const file = new File(['x'], 'code.png');
    Object.defineProperty(file, 'size', { value: 20 * 1024 * 1024 + 1 });
    await fireEvent.change(field('scan-file-input'), { target: { files: [file] } });
    await waitFor(() => expect(id('notice')?.textContent).toContain('too large'));
    expect(sent('read_qr_file')).toEqual([]);
  });

  it('is read from a file as bytes', async () => {
    handlers.read_qr_file = () => ({ number: 1, found: [] });
    await openAccount();
    await press('authenticator-add');
    await there('scan-file-input');
    await fireEvent.change(field('scan-file-input'), { target: { files: [new File(['hello'], 'code.png')] } });
    await waitFor(() => expect(sent('read_qr_file')).toEqual([{ picture: 'aGVsbG8=' }]));
    await fireEvent.drop(window, { dataTransfer: { files: [new File(['world'], 'code.png')] } });
    await waitFor(() => expect(sent('read_qr_file').at(-1)).toEqual({ picture: 'd29ybGQ=' }));
  });
});

describe('the second factor', () => {
  const asked = (kept: boolean) =>
    view(code({ way: 'authenticator', purpose: 'secondFactor', shape: { kind: 'digits', length: 6 }, sentTo: null, kept }));

  it('takes the kept authenticator only when the person presses it', async () => {
    handlers.begin = () => asked(true);
    handlers.answer = () => ({ ...asked(true), problem: { kind: 'wrongCode' } });
    await start({ kind: 'keychain' });
    await flow.openAccount(listed, 'jana', 'recover');
    await there('use-kept');
    expect(sent('answer')).toEqual([]);
    await press('use-kept');
    await waitFor(() => expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'kept' } }]));
    await there('notice');
  });

  it('is typed where none is kept', async () => {
    handlers.begin = () => asked(false);
    await start({ kind: 'keychain' });
    await flow.openAccount(listed, 'jana', 'recover');
    await there('code-input');
    expect(id('use-kept')).toBeNull();
  });
});
