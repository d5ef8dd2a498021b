import { describe, expect, it, vi } from 'vitest';
import type { ErrorView, View } from '../src/bridge';
import { type Exit, Flow } from '../src/flow.svelte';
import { code, current, done, entry, fresh, listed, password, script, view } from './fake';

const NOW = 5_000_000;

function start(...replies: (View | ErrorView)[]) {
  const bridge = script(replies);
  const exits: Exit[] = [];
  const flow = new Flow(
    bridge,
    (exit) => exits.push(exit),
    () => NOW,
  );
  return { bridge, exits, flow };
}
const signIn = { intent: 'signIn' } as const;
const change = { intent: 'changePassword' } as const;

describe('signing in', () => {
  it('begins and answers in one go', async () => {
    const { bridge, flow } = start(view(password, signIn), view(done, signIn));
    flow.openSignIn(entry, '');
    expect(await flow.signIn('jana@gmail.com', 'right')).toBe(true);
    expect(bridge.calls).toEqual([
      ['begin', { target: entry.target, intent: 'signIn', identifier: 'jana@gmail.com', change: null }],
      ['answer', 1, { kind: 'password', password: 'right' }],
    ]);
    expect(flow.view?.question.kind).toBe('done');
    expect(flow.work).toBeNull();
  });

  it('stays on its form when the password is wrong, and asks the same flow again', async () => {
    const wrong = view(password, { ...signIn, problem: { kind: 'wrongPassword' } });
    const { bridge, flow } = start(view(password, signIn), wrong, view(done, signIn));
    flow.openSignIn(entry, '');
    expect(await flow.signIn('jana@gmail.com', 'wrong')).toBe(true);
    expect(flow.view?.problem?.kind).toBe('wrongPassword');
    await flow.signIn('jana@gmail.com', 'right');
    expect(bridge.begin).toHaveBeenCalledTimes(1);
  });

  it('begins anew when the person turns out to be another', async () => {
    const wrong = view(password, { ...signIn, problem: { kind: 'wrongPassword' } });
    const other = view(password, { ...signIn, flow: 2, identifier: 'jan@gmail.com' });
    const { bridge, flow } = start(view(password, signIn), wrong, other, view(done, { ...signIn, flow: 2 }));
    flow.openSignIn(entry, '');
    await flow.signIn('jana@gmail.com', 'wrong');
    await flow.signIn('jan@gmail.com', 'right');
    expect(bridge.calls.slice(2).map(([name]) => name)).toEqual(['cancel', 'begin', 'answer']);
  });

  it('with the saved password sends no password', async () => {
    const { bridge, flow } = start(view(password, signIn), view(done, signIn));
    flow.openSignIn(listed, 'jana@gmail.com');
    await flow.signIn('jana@gmail.com', null);
    expect(bridge.calls[0]?.[1]).toEqual({ target: listed.target, intent: 'signIn', identifier: null, change: null });
    expect(bridge.calls[1]?.[2]).toEqual({ kind: 'saved' });
  });

  it('says when the password was not judged, so that it need not be typed again', async () => {
    const { flow } = start({ kind: 'offline' });
    flow.openSignIn(entry, '');
    expect(await flow.signIn('jana@gmail.com', 'right')).toBe(false);
    expect(flow.error).toEqual({ kind: 'offline' });
    expect(flow.stage).toEqual({ kind: 'signIn' });
    expect(flow.identifier).toBe('jana@gmail.com');
  });

  it('does one thing at a time', async () => {
    const { bridge, flow } = start(view(password, signIn), view(done, signIn));
    flow.openSignIn(entry, '');
    const first = flow.signIn('jana@gmail.com', 'right');
    expect(flow.work).toBe('begin');
    expect(await flow.signIn('jana@gmail.com', 'right')).toBe(false);
    await first;
    expect(bridge.answer).toHaveBeenCalledTimes(1);
  });
});

describe('a forgotten password', () => {
  it('carries the identifier over, and goes from code to new password to done', async () => {
    const { bridge, exits, flow } = start(view(code()), view(fresh), view(done));
    flow.openSignIn(entry, '');
    flow.forgot('jana@gmail.com');
    expect(flow.stage).toEqual({ kind: 'identifier' });
    expect(flow.identifier).toBe('jana@gmail.com');
    await flow.sendCode('jana@gmail.com');
    expect(flow.resendAt).toBe(NOW + 60_000);
    await flow.answer({ kind: 'code', code: '48213905' });
    await flow.answer({ kind: 'useGenerated' });
    expect(flow.view?.question.kind).toBe('done');
    expect(flow.backTo).toBeNull();
    flow.finish();
    expect(exits).toEqual([{ to: 'accounts' }]);
    expect(flow.stage).toBeNull();
    expect(bridge.cancel).toHaveBeenCalledWith(1);
  });

  it.each(['expired', 'refused', 'gone'] as const)('that is %s starts again with the identifier kept', async (kind) => {
    const { bridge, flow } = start(view(code()), { kind });
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    await flow.answer({ kind: 'code', code: '00000000' });
    expect(flow.stage).toEqual({ kind: 'identifier' });
    expect(flow.identifier).toBe('jana@gmail.com');
    expect(flow.error).toEqual({ kind });
    expect(flow.busy).toBe(false);
    expect(bridge.cancel).toHaveBeenCalledTimes(1);
  });

  it.each(['offline', 'serverTrouble', 'locked', 'protocol', 'bug'] as const)(
    'leaves the question standing when %s',
    async (kind) => {
      const { flow } = start(view(code()), { kind }, view(fresh));
      flow.openIdentifier(entry, '');
      await flow.sendCode('jana@gmail.com');
      expect(await flow.answer({ kind: 'code', code: '48213905' })).toBe(false);
      expect(flow.view?.question.kind).toBe('code');
      expect(flow.error?.kind).toBe(kind);
      await flow.answer({ kind: 'code', code: '48213905' });
      expect(flow.error).toBeNull();
      expect(flow.view?.question.kind).toBe('newPassword');
    },
  );

  it('comes back to the code when it was wrong after all', async () => {
    const { flow } = start(view(code()), view(fresh), view(code(), { problem: { kind: 'wrongCode' } }));
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    await flow.answer({ kind: 'code', code: '48213906' });
    await flow.answer({ kind: 'useGenerated' });
    expect(flow.view?.problem?.kind).toBe('wrongCode');
  });

  it('looks again when the answer was lost, keeps the words, and finds out', async () => {
    const unknown = view({ ...fresh, kind: 'newPassword', minLength: 15, maxLength: 256, unknown: true });
    const { bridge, flow } = start(view(fresh), { kind: 'outcomeUnknown' }, unknown, view(done));
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    await flow.answer({ kind: 'useGenerated' });
    expect(bridge.look).toHaveBeenCalledWith(1);
    expect(flow.error).toEqual({ kind: 'outcomeUnknown' });
    expect(flow.view?.question).toMatchObject({ kind: 'newPassword', unknown: true });
    await flow.answer({ kind: 'findOut' }, 'findOut');
    expect(flow.view?.question.kind).toBe('done');
  });

  it('keeps its words even when it cannot look', async () => {
    const { flow } = start(view(fresh), { kind: 'outcomeUnknown' }, { kind: 'offline' });
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    await flow.answer({ kind: 'useGenerated' });
    expect(flow.error).toEqual({ kind: 'outcomeUnknown' });
    expect(flow.view?.question.kind).toBe('newPassword');
  });
});

describe('a new code', () => {
  it('starts the countdown again and says so', async () => {
    const { flow } = start(view(code({ resendIn: 0 })), view(code({ resendIn: 60 })));
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    expect(flow.resendAt).toBe(NOW);
    expect(await flow.resend()).toBe(true);
    expect(flow.resendAt).toBe(NOW + 60_000);
    expect(flow.resent).toBe(true);
  });

  it('asked for too soon is not said to be on its way', async () => {
    const { flow } = start(view(code()), view(code({ resendIn: 21 }), { problem: { kind: 'tooSoon', wait: 21 } }));
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    expect(await flow.resend()).toBe(false);
    expect(flow.resent).toBe(false);
    expect(flow.resendAt).toBe(NOW + 21_000);
  });

  it('by another way closes the list of ways', async () => {
    const { flow } = start(view(code()), view(code({ way: 'recoveryCode', resendIn: null })));
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    flow.panel = 'ways';
    await flow.otherWay('recoveryCode');
    expect(flow.panel).toBeNull();
    expect(flow.resendAt).toBeNull();
  });
});

describe('back and cancel', () => {
  it('close first what lies on top', async () => {
    const { flow } = start(view(code()));
    flow.openSignIn(entry, '');
    flow.forgot('');
    await flow.sendCode('jana@gmail.com');
    flow.panel = 'doctor';
    flow.back();
    expect(flow.panel).toBeNull();
    expect(flow.view?.question.kind).toBe('code');
    flow.back();
    expect(flow.stage).toEqual({ kind: 'identifier' });
    expect(flow.identifier).toBe('jana@gmail.com');
    flow.back();
    expect(flow.stage).toEqual({ kind: 'signIn' });
  });

  it('lead to where it began', () => {
    const { exits, flow } = start();
    flow.openSignIn(entry, '');
    flow.back();
    flow.openSignIn(entry, '');
    flow.cancel();
    expect(exits).toEqual([{ to: 'origin' }, { to: 'cancelled' }]);
    expect(flow.identifier).toBe('');
  });

  it('do not lose a code that was right', async () => {
    const { flow } = start(view(fresh));
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    expect(flow.backTo).toBeNull();
    flow.back();
    expect(flow.view?.question.kind).toBe('newPassword');
  });

  it('drop an answer that comes too late, and end the flow it began', async () => {
    let release: (reply: View) => void = () => undefined;
    const { bridge, flow } = start();
    bridge.begin.mockImplementation(() => new Promise((resolve) => (release = resolve)));
    flow.openIdentifier(entry, '');
    const pending = flow.sendCode('jana@gmail.com');
    flow.cancel();
    release(view(code(), { flow: 9 }));
    await pending;
    expect(flow.stage).toBeNull();
    expect(bridge.cancel).toHaveBeenCalledWith(9);
    expect(flow.busy).toBe(false);
  });
});

describe('changing a password', () => {
  it('begins at once, with what the store holds', async () => {
    const { bridge, flow } = start(view(fresh, change));
    await flow.openAccount(listed, 'jana@gmail.com', 'changePassword');
    expect(bridge.calls[0]).toEqual(['begin', { target: listed.target, intent: 'changePassword', identifier: null, change: null }]);
    expect(flow.intent).toBe('changePassword');
    expect(flow.backTo).toBe('origin');
  });

  it('asks for the current one where it must', async () => {
    const wrong = view(current, { ...change, problem: { kind: 'wrongPassword' } });
    const { flow } = start(view(current, change), wrong, view(fresh, change));
    await flow.openAccount(listed, 'jana@gmail.com', 'changePassword');
    await flow.answer({ kind: 'password', password: 'wrong' });
    expect(flow.view?.problem?.kind).toBe('wrongPassword');
    await flow.answer({ kind: 'password', password: 'right' });
    expect(flow.view?.question.kind).toBe('newPassword');
  });

  it('that ends goes back to the account with the words for it', async () => {
    const { exits, flow } = start(view(fresh, change), { kind: 'expired' });
    await flow.openAccount(listed, 'jana@gmail.com', 'changePassword');
    await flow.answer({ kind: 'useGenerated' });
    expect(exits).toEqual([{ to: 'account', id: 'a1', error: { kind: 'expired' } }]);
    expect(flow.stage).toBeNull();
  });

  it('that cannot begin leaves nothing behind', async () => {
    const { flow } = start({ kind: 'offline' });
    await expect(flow.openAccount(listed, 'jana@gmail.com', 'changePassword')).rejects.toMatchObject({
      view: { kind: 'offline' },
    });
    expect(flow.stage).toBeNull();
  });
});

describe('a second factor', () => {
  it('after sign-in leads back to the password', async () => {
    const second = code({ purpose: 'secondFactor', way: 'authenticator', resendIn: null });
    const { flow } = start(view(password, signIn), view(second, signIn));
    flow.openSignIn(entry, '');
    await flow.signIn('jana@gmail.com', 'right');
    expect(flow.backTo).toBe('signIn');
  });

  it('after a recovery leads nowhere: the password has changed already', async () => {
    const second = code({ purpose: 'secondFactor', way: 'authenticator', resendIn: null });
    const { flow } = start(view(fresh), view(second));
    flow.openIdentifier(entry, '');
    await flow.sendCode('jana@gmail.com');
    await flow.answer({ kind: 'useGenerated' });
    expect(flow.backTo).toBeNull();
  });
});

it('an error that is none of ours is a bug, in words', async () => {
  const { bridge, flow } = start();
  bridge.begin.mockRejectedValue(new TypeError('x'));
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  flow.openIdentifier(entry, '');
  await flow.sendCode('jana@gmail.com');
  expect(flow.error).toEqual({ kind: 'bug' });
  quiet.mockRestore();
});

describe('a new account', () => {
  it('asks for an address, and starts again with that when its time is over', async () => {
    const asked = view(code({ purpose: 'signUp' }), { intent: 'signUp' });
    const { bridge, flow } = start(asked, { kind: 'expired' }, asked);
    flow.openIdentifier(entry, '', 'signUp');
    expect(flow.intent).toBe('signUp');
    await flow.sendCode('jana@gmail.com');
    expect(bridge.begin).toHaveBeenCalledWith(expect.objectContaining({ intent: 'signUp', identifier: 'jana@gmail.com' }));
    expect(flow.backTo).toBe('identifier');
    await flow.answer({ kind: 'code', code: '00000000' });
    expect(flow.stage).toEqual({ kind: 'identifier' });
    expect(flow.intent).toBe('signUp');
    flow.forgot('jana@gmail.com');
    expect(flow.intent).toBe('recover');
  });
});
