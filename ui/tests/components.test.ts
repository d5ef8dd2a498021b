import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Strength, View } from '../src/bridge';
import { current, done, entry, fresh, listed, password, view } from './fake';

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
const { default: CodeInput } = await import('../src/components/CodeInput.svelte');
const { default: SecretLine } = await import('../src/components/SecretLine.svelte');
const { default: Accounts } = await import('../src/screens/Accounts.svelte');
const { default: Current } = await import('../src/screens/Current.svelte');
const { default: NewPassword } = await import('../src/screens/NewPassword.svelte');
const { default: SignIn } = await import('../src/screens/SignIn.svelte');
const { default: Identifier } = await import('../src/screens/Identifier.svelte');
const { i18n } = await import('../src/i18n/index.svelte');

const id = (name: string) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`);
const field = (name: string) => id(name) as HTMLInputElement;
const button = (name: string) => id(name) as HTMLButtonElement;
const fill = (name: string, value: string) => fireEvent.input(field(name), { target: { value } });
const sent = (command: string) => invoked.filter(([name]) => name === command).map(([, args]) => args);

beforeEach(() => {
  for (const name of Object.keys(handlers)) delete handlers[name];
  invoked.length = 0;
  handlers.cancel = () => null;
  handlers.accounts = () => [];
  handlers.changed_elsewhere = () => false;
    handlers.store_state = () => ({ kind: 'keychain', state: 'ready' });
  flow.reset();
  i18n.choose('en');
  // Menus open inside the landmark that every screen has.
  document.querySelector('main')?.remove();
  document.body.append(document.createElement('main'));
});

describe('the code field', () => {
  const shape = { kind: 'digits', length: 8 } as const;
  function code(
    part: { shape?: { kind: 'groups'; groups: number; size: number }; wrong?: number; value?: string } = {},
  ) {
    const oncomplete = vi.fn();
    const props = { shape, label: 'Code, 8 digits', value: '', wrong: 0, oncomplete, ...part };
    const rendered = render(CodeInput, props);
    return { oncomplete, rendered, props };
  }
  const cells = () => [...document.querySelectorAll('.cell')].map((cell) => cell.textContent);

  it('is one real input with a name', () => {
    code();
    const input = screen.getByLabelText<HTMLInputElement>('Code, 8 digits');
    expect(input.autocomplete).toBe('one-time-code');
    expect(input.inputMode).toBe('numeric');
    expect(document.querySelectorAll('input')).toHaveLength(1);
    expect(cells()).toHaveLength(8);
  });

  it('takes what is typed, in any spelling, and submits itself once', async () => {
    const { oncomplete } = code();
    await fill('code-input', '4821 39');
    expect(cells().join('')).toBe('482139');
    expect(oncomplete).not.toHaveBeenCalled();
    await fill('code-input', '４８２１-３９０５');
    expect(cells().join('')).toBe('48213905');
    expect(oncomplete).toHaveBeenCalledTimes(1);
  });

  it('takes a paste from anywhere on the screen', async () => {
    const { oncomplete } = code();
    field('code-input').blur();
    await fireEvent.paste(document.body, { clipboardData: { getData: () => ' 4821–3905 ' } });
    expect(cells().join('')).toBe('48213905');
    expect(oncomplete).toHaveBeenCalledTimes(1);
  });

  it('leaves a paste into another field alone', async () => {
    const { oncomplete } = code();
    const other = document.body.appendChild(document.createElement('input'));
    await fireEvent.paste(other, { clipboardData: { getData: () => '48213905' } });
    expect(cells().join('')).toBe('');
    expect(oncomplete).not.toHaveBeenCalled();
    other.remove();
  });

  it('shows a wrong code, selected, until the next key', async () => {
    const { rendered } = code({ value: '48213906' });
    await rendered.rerender({ wrong: 1 });
    const input = field('code-input');
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect([input.selectionStart, input.selectionEnd]).toEqual([0, 8]);
    expect(id('code-cells')?.className).toContain('is-trouble');
    await fill('code-input', '4');
    expect(input.getAttribute('aria-invalid')).toBeNull();
    expect(cells().join('')).toBe('4');
  });

  it('in groups takes letters', async () => {
    const { oncomplete } = code({ shape: { kind: 'groups', groups: 4, size: 4 } });
    await fill('code-input', '7k2m-9qxa-44tf-zc0d');
    expect(cells().join('')).toBe('7K2M9QXA44TFZC0D');
    expect(oncomplete).toHaveBeenCalledTimes(1);
  });
});

describe('signing in', () => {
  const signIn = { intent: 'signIn' } as const;

  it('clears the password when it is sent, and keeps the focus there when it was wrong', async () => {
    handlers.begin = () => view(password, signIn);
    handlers.answer = () => view(password, { ...signIn, problem: { kind: 'wrongPassword' } });
    flow.openSignIn(entry, 'jana@gmail.com');
    render(SignIn);
    await fill('sign-in-password', 'wrong');
    await fireEvent.submit(field('sign-in-password').form as HTMLFormElement);
    expect(field('sign-in-password').value).toBe('');
    await waitFor(() => expect(id('notice')?.textContent).toContain('didn’t fit'));
    expect(document.activeElement).toBe(field('sign-in-password'));
    expect(field('sign-in-password').getAttribute('aria-invalid')).toBe('true');
  });

  it('gives the password back when nobody has judged it', async () => {
    handlers.begin = () => {
      throw { kind: 'offline' };
    };
    flow.openSignIn(entry, 'jana@gmail.com');
    render(SignIn);
    await fill('sign-in-password', 'right');
    await fireEvent.submit(field('sign-in-password').form as HTMLFormElement);
    await waitFor(() => expect(id('notice')?.textContent).toContain('offline'));
    await waitFor(() => expect(field('sign-in-password').value).toBe('right'));
    expect(button('continue').textContent).toContain('Try again');
  });

  it('carries the identifier over to "Forgot your password?"', async () => {
    flow.openSignIn(entry, '');
    render(SignIn);
    await fill('sign-in-identifier', 'jana@gmail.com');
    await fireEvent.click(button('forgot'));
    expect(flow.identifier).toBe('jana@gmail.com');
    expect(flow.stage).toEqual({ kind: 'identifier' });
  });

  it('offers the saved password only where there is one', () => {
    flow.openSignIn(entry, '');
    const { unmount } = render(SignIn);
    expect(id('use-saved')).toBeNull();
    unmount();
    flow.openSignIn(listed, 'jana@gmail.com');
    render(SignIn);
    expect(id('use-saved')).not.toBeNull();
    expect(field('sign-in-identifier').readOnly).toBe(true);
  });

  it('says why it cannot go on, and that Caps Lock is on', async () => {
    flow.openSignIn(entry, '');
    render(SignIn);
    expect(button('continue').disabled).toBe(true);
    expect(screen.getByText(/Type who you are/)).toBeTruthy();
    const event = new KeyboardEvent('keydown', { key: 'a', bubbles: true });
    Object.defineProperty(event, 'getModifierState', { value: (key: string) => key === 'CapsLock' });
    await fireEvent(field('sign-in-password'), event);
    expect(id('caps-lock')).not.toBeNull();
  });
});

describe('the identifier', () => {
  it('goes on once it is plausible, and offers what was meant', async () => {
    handlers.check_identifier = ({ identifier }) => ({
      plausible: String(identifier).length > 2,
      suggestion: String(identifier).endsWith('gmial.com') ? 'jana@gmail.com' : null,
    });
    flow.openIdentifier(entry, '');
    render(Identifier);
    expect(button('continue').disabled).toBe(true);
    expect(id('identifier-hint')?.textContent).toContain('to go on');
    await fill('identifier', 'j');
    await waitFor(() => expect(id('identifier-hint')?.textContent).toContain('can’t be'));
    await fill('identifier', 'jana@gmial.com');
    await waitFor(() => expect(button('continue').disabled).toBe(false));
    await fireEvent.click(button('suggestion'));
    expect(field('identifier').value).toBe('jana@gmail.com');
  });

  it('tries again by itself when the network is back', async () => {
    handlers.check_identifier = () => ({ plausible: true, suggestion: null });
    handlers.begin = () => {
      throw { kind: 'offline' };
    };
    flow.openIdentifier(entry, 'jana@gmail.com');
    render(Identifier);
    await waitFor(() => expect(button('continue').disabled).toBe(false));
    await fireEvent.submit(field('identifier').form as HTMLFormElement);
    await waitFor(() => expect(id('notice')).not.toBeNull());
    await fireEvent(window, new Event('online'));
    await waitFor(() => expect(sent('begin')).toHaveLength(2));
  });
});

describe('the new password', () => {
  const strength = (ok: boolean): Strength => ({
    score: ok ? 4 : 1,
    hint: ok ? null : 'year',
    ok,
    rules: [{ rule: { kind: 'tooShort', min: 15 }, met: ok }],
  });
  async function open(generate?: Handler) {
    let made = 0;
    handlers.begin = () => view(fresh);
    handlers.generate =
      generate ??
      (() => ({
        password: `mossy-7-${++made}`,
        strength: strength(true),
        entropy: { bits: 64, worth: 'good' },
        siteIsWeak: null,
        savedAt: 1000,
        store: 'keychain',
      }));
    handlers.check_password = ({ password: typed }) => strength(String(typed).length >= 15);
    handlers.answer = () => view(done);
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    const shown = flow.view as View;
    render(NewPassword, { view: shown, question: shown.question as never });
  }

  it('is made at once, saved before it is shown, and used without coming back from the window', async () => {
    await open();
    await waitFor(() => expect(id('generated-password')?.textContent).toBe('mossy-7-1'));
    expect(id('saved-note')?.textContent).toContain('not used yet');
    await fireEvent.click(button('regenerate'));
    await waitFor(() => expect(id('generated-password')?.textContent).toBe('mossy-7-2'));
    await fireEvent.submit(button('use-generated').form as HTMLFormElement);
    await waitFor(() => expect(flow.view?.question.kind).toBe('done'));
    expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'useGenerated' } }]);
  });

  it('that cannot be saved is not shown', async () => {
    await open(() => {
      throw { kind: 'locked' };
    });
    await waitFor(() => expect(id('notice')?.textContent).toContain('keychain is locked'));
    expect(id('generated-password')).toBeNull();
    expect(button('use-generated').textContent).toContain('Try again');
  });

  it('of one’s own is asked twice, and sent when both meet the rules', async () => {
    await open();
    await fireEvent.click(field('type-own'));
    await fill('new-password', 'sommer2024');
    await waitFor(() => expect(id('strength')?.textContent).toContain('A year is guessed first'));
    expect(button('use-own').disabled).toBe(true);
    await fill('new-password', 'quince tulip harbour');
    await fill('repeat-password', 'quince tulip');
    await screen.findAllByText('The two are not the same yet.');
    expect(field('repeat-password').getAttribute('aria-invalid')).toBe('true');
    expect(button('use-own').disabled).toBe(true);
    await fill('repeat-password', 'quince tulip harbour');
    await waitFor(() => expect(button('use-own').disabled).toBe(false));
    await fireEvent.submit(field('new-password').form as HTMLFormElement);
    await waitFor(() => expect(flow.view?.question.kind).toBe('done'));
    expect(sent('answer')).toEqual([
      { flow: 1, answer: { kind: 'newPassword', password: 'quince tulip harbour', repeat: 'quince tulip harbour' } },
    ]);
    expect(field('new-password').value).toBe('');
  });

  it('reveals both fields together', async () => {
    await open();
    await fireEvent.click(field('type-own'));
    await fireEvent.click(button('reveal'));
    expect([field('new-password').type, field('repeat-password').type]).toEqual(['text', 'text']);
  });

  it('whose answer was lost has one thing to do: find out', async () => {
    render(NewPassword, {
      view: view(fresh),
      question: { minLength: 15, maxLength: 256, unknown: true },
    });
    expect(button('find-out')).not.toBeNull();
    expect(id('use-generated')).toBeNull();
    expect(id('heading')?.textContent).toContain('Did the password change?');
  });
});

describe('the current password', () => {
  it('is cleared when it is sent', async () => {
    handlers.begin = () => view(current, { intent: 'changePassword' });
    handlers.answer = () => view(fresh, { intent: 'changePassword' });
    await flow.openAccount(listed, 'jana@gmail.com', 'changePassword');
    render(Current, { view: flow.view as View });
    await fill('current-password', 'right');
    await fireEvent.submit(field('current-password').form as HTMLFormElement);
    expect(field('current-password').value).toBe('');
    await waitFor(() => expect(flow.view?.question.kind).toBe('newPassword'));
  });
});

describe('a stored password', () => {
  it('is shown when asked for, and hidden again in time', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: false });
    handlers.reveal_password = () => ({ password: 'mossy-7-Kettle', hideIn: 30 });
    render(SecretLine, { account: 'a1', past: null, text: 'Changed today', icon: (() => undefined) as never });
    expect(id('password-value')?.textContent).toBe('••••••••••••');
    await fireEvent.click(button('password-reveal'));
    await vi.advanceTimersByTimeAsync(1);
    expect(id('password-value')?.textContent).toBe('mossy-7-Kettle');
    await vi.advanceTimersByTimeAsync(29_000);
    expect(id('password-value')?.textContent).toBe('mossy-7-Kettle');
    await vi.advanceTimersByTimeAsync(1_500);
    expect(id('password-value')?.textContent).toBe('••••••••••••');
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('is copied without coming to the window', async () => {
    handlers.copy_password = () => ({ clearIn: 30 });
    render(SecretLine, {
      account: 'a1',
      past: { id: 'p1', at: 1, why: 'replaced' },
      text: '',
      icon: (() => undefined) as never,
    });
    await fireEvent.click(button('past-copy'));
    await waitFor(() => expect(app.copiedUntil).not.toBeNull());
    expect(sent('copy_password')).toEqual([{ account: 'a1', past: 'p1' }]);
    app.copiedUntil = null;
  });
});

describe('the list of accounts', () => {
  it('puts first what needs the person, and finds', async () => {
    const row = (name: string, state: string) => ({
      id: name,
      name,
      identifier: 'jana',
      server: 's',
      practice: false,
      state,
    });
    handlers.accounts = () => [row('Zebra', 'noPasswordFits'), row('Beta', 'signedIn'), row('Alpha', 'signedOut')];
    await app.loadAccounts();
    render(Accounts);
    const names = () =>
      [...document.querySelectorAll('[data-testid="account-row"] b')].map((name) => name.textContent?.trim());
    expect(names()).toEqual(['Zebra', 'Alpha', 'Beta']);
    await fill('search', 'bet');
    expect(names()).toEqual(['Beta']);
    await fill('search', 'nothing');
    expect(id('search-empty')).not.toBeNull();
  });

  it('without accounts offers to add one or to practise', async () => {
    await app.loadAccounts();
    render(Accounts);
    expect(id('empty')).not.toBeNull();
    expect(id('practise-first')).not.toBeNull();
  });
});

describe('locking', () => {
  it('forgets the conversation and asks Rust to forget too', async () => {
    handlers.start = () => ({
      firstStart: false,
      settings: { theme: 'dark', language: 'de', store: 'keychain', lockAfterMinutes: 5, clearClipboardSeconds: 30 },
      store: { kind: 'keychain', state: 'ready' },
      system: 'linux',
      version: '0.1.0',
      vault: { exists: false, open: false, lockedAt: null, onThisComputer: false, made: 0, wait: null },
      inTheAir: 0,
    });
    handlers.begin = () => view(fresh);
    handlers.lock = () => null;
    await app.start();
    expect(document.documentElement.dataset.theme).toBe('dark');
    expect(document.documentElement.lang).toBe('de');
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    expect(app.screen).toBe('new-password');
    await app.lock();
    expect(app.screen).toBe('lock');
    expect(flow.stage).toBeNull();
    expect(sent('lock')).toHaveLength(1);
    handlers.unlock = () => ({ kind: 'keychain', state: 'dismissed' });
    await app.unlock();
    expect(app.screen).toBe('lock');
    expect(app.error).toEqual({ kind: 'dismissed' });
    handlers.unlock = () => ({ kind: 'keychain', state: 'ready' });
    await app.unlock();
    expect(app.screen).toBe('accounts');
    document.documentElement.removeAttribute('data-theme');
  });
});
