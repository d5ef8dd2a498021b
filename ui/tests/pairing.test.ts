import { describe, expect, it } from 'vitest';
import { type AnswerForm, type BeginForm, type ErrorView, type Question, Trouble, type View } from '../src/bridge';
import { type Exit, Flow } from '../src/flow.svelte';
import { languages } from '../src/i18n/index.svelte';
import { doorWithPhone, stepsOf } from '../src/steps';
import { allowPhone, confirmAccount, confirmCode, done, entry, listed, scan, showCode, view, waitForPhone } from './fake';

interface Waiting {
  flow: number;
  answer: AnswerForm;
  give: (view: View) => void;
  fail: (error: ErrorView) => void;
}

/** A Rust that answers when the test says so. */
function start() {
  const asked: Waiting[] = [];
  const begun: BeginForm[] = [];
  const exits: Exit[] = [];
  const cancelled: number[] = [];
  const begins: (View | ErrorView | Promise<View>)[] = [];
  const pauses: (() => void)[] = [];
  const flow = new Flow(
    {
      begin: async (form) => {
        begun.push(form);
        const next = await (begins.shift() ?? at(scan()));
        if ('kind' in next) throw new Trouble(next);
        return next;
      },
      answer: (flow, answer) =>
        new Promise((give, fail) => asked.push({ flow, answer, give, fail: (error) => fail(new Trouble(error)) })),
      look: async () => at(scan()),
      cancel: async (flow) => void cancelled.push(flow),
    },
    (exit) => exits.push(exit),
    () => 0,
    () => new Promise((resolve) => pauses.push(resolve)),
  );
  const at = (question: Question, part: Partial<View> = {}) => view(question, { intent: 'pair', ...part });
  const last = () => asked.at(-1) as Waiting;
  return { flow, asked, begun, begins, exits, cancelled, pauses, at, last };
}
const settled = () => new Promise((resolve) => setTimeout(resolve));
const wait = { kind: 'wait' };

async function scanning() {
  const rust = start();
  rust.flow.openSignIn(entry, 'jana');
  await rust.flow.withPhone();
  return rust;
}

describe('waiting for a phone', () => {
  it('begins without a name: the phone says who it is', async () => {
    const { begun, asked, flow } = await scanning();
    expect(begun).toEqual([{ target: entry.target, intent: 'pair', identifier: null, change: null }]);
    expect(asked.map(({ answer }) => answer)).toEqual([wait]);
    expect(flow.busy).toBe(false);
  });

  it('begins from a card and from an account, too', async () => {
    for (const [about, intent] of [[entry, 'pair'], [listed, 'linkPhone']] as const) {
      const { flow, begun, asked } = start();
      await flow.openAccount(about, 'jana', intent);
      expect(begun).toEqual([{ target: about.target, intent, identifier: null, change: null }]);
      expect(asked).toHaveLength(1);
      expect(flow.backTo).toBe('origin');
    }
  });

  it('goes on after every answer, and never twice at once', async () => {
    const { flow, asked, at, last } = await scanning();
    for (let renewal = 1; renewal < 4; renewal += 1) {
      last().give(at(scan({ letters: `ROUND-${renewal}` })));
      await settled();
      expect(asked).toHaveLength(renewal + 1);
    }
    flow.clearError();
    flow.clearError();
    await settled();
    expect(asked).toHaveLength(4);
    expect(flow.view?.question).toMatchObject({ letters: 'ROUND-3' });
  });

  it('leaves the code to be typed in peace', async () => {
    const { flow, asked, at, last } = await scanning();
    last().give(at(confirmCode));
    await settled();
    expect(flow.view?.question.kind).toBe('confirmCode');
    flow.clearError();
    expect(asked).toHaveLength(1);
    const typed = flow.answer({ kind: 'code', code: '123456' });
    expect(asked).toHaveLength(2);
    last().give(at(waitForPhone));
    expect(await typed).toBe(true);
    expect(last().answer).toEqual(wait);
    expect(asked).toHaveLength(3);
    last().give(at(confirmAccount()));
    await settled();
    expect(asked).toHaveLength(3);
  });

  it('waits while the digits are shown, and not for the password', async () => {
    const { flow, asked, at, last } = await scanning();
    last().give(at(showCode));
    await settled();
    expect(asked).toHaveLength(2);
    last().give(at(allowPhone));
    await settled();
    expect(flow.view?.question.kind).toBe('allowPhone');
    expect(asked).toHaveLength(2);
  });
});

describe('leaving a phone', () => {
  it('tells Rust, and hears nothing of the wait that ends with it', async () => {
    const { flow, asked, cancelled, exits, last } = await scanning();
    const ended = last();
    flow.cancel();
    expect(cancelled).toEqual([1]);
    ended.fail({ kind: 'gone' });
    await settled();
    expect(flow.error).toBeNull();
    expect(flow.stage).toBeNull();
    expect(exits).toEqual([{ to: 'cancelled' }]);
    expect(asked).toHaveLength(1);
  });

  it('takes no answer that comes too late', async () => {
    const { flow, at, last } = await scanning();
    const late = last();
    flow.back();
    expect(flow.stage?.kind).toBe('signIn');
    late.give(at(confirmAccount()));
    await settled();
    expect(flow.stage?.kind).toBe('signIn');
  });

  it('goes back from the code to a new QR code', async () => {
    const { flow, begins, begun, cancelled, at, last } = await scanning();
    last().give(at(confirmCode));
    await settled();
    expect(flow.backTo).toBe('qr');
    begins.push(at(scan({ letters: 'FRESH-CODE' }), { flow: 2 }));
    flow.back();
    await settled();
    expect(cancelled).toEqual([1]);
    expect(begun).toHaveLength(2);
    expect(flow.view?.question).toMatchObject({ letters: 'FRESH-CODE' });
    expect(last()).toMatchObject({ flow: 2, answer: wait });
  });

  it('while a new QR code is fetched drops the wait for the old one', async () => {
    const { flow, begins, at, last } = await scanning();
    last().give(at(waitForPhone));
    await settled();
    const old = last();
    let begin: (view: View) => void = () => undefined;
    begins.push(new Promise((resolve) => (begin = resolve)));
    const again = flow.withPhone();
    old.fail({ kind: 'gone' });
    await settled();
    expect(flow.stage?.kind).toBe('asked');
    begin(at(scan(), { flow: 2 }));
    await again;
    expect(flow.error).toBeNull();
    expect(flow.view?.flow).toBe(2);
    flow.cancel();
  });

  it('ends a sign-in that is not theirs', async () => {
    const { flow, cancelled, at, last } = await scanning();
    last().give(at(confirmAccount()));
    await settled();
    expect(flow.backTo).toBeNull();
    flow.cancel();
    expect(cancelled).toEqual([1]);
  });
});

describe('what goes wrong with a phone', () => {
  it('goes on when the network is back, after a pause', async () => {
    const { flow, asked, pauses, at, last } = await scanning();
    last().fail({ kind: 'offline' });
    await settled();
    expect(flow.error).toEqual({ kind: 'offline' });
    expect(flow.view?.question.kind).toBe('scanQr');
    expect(asked).toHaveLength(1);
    flow.clearError();
    expect(asked).toHaveLength(1);
    pauses[0]?.();
    await settled();
    expect(asked).toHaveLength(2);
    last().give(at(scan()));
    await settled();
    expect(flow.error).toBeNull();
  });

  it('does not go on after a pause that was left', async () => {
    const { flow, asked, pauses, last } = await scanning();
    last().fail({ kind: 'serverTrouble' });
    await settled();
    flow.cancel();
    pauses[0]?.();
    await settled();
    expect(asked).toHaveLength(1);
  });

  it('stays and tries again when asked, where it does not go away by itself', async () => {
    const { flow, asked, last } = await scanning();
    last().fail({ kind: 'protocol' });
    await settled();
    expect(flow.error).toEqual({ kind: 'protocol' });
    expect(asked).toHaveLength(1);
    flow.clearError();
    expect(asked).toHaveLength(2);
    expect(flow.error).toBeNull();
  });

  it.each(['expired', 'refused', 'gone'] as const)('%s is an end with a way on', async (kind) => {
    const { flow, asked, begun, begins, at, last } = await scanning();
    last().fail({ kind });
    await settled();
    expect(flow.stage).toEqual({ kind: 'over', intent: 'pair', why: { kind } });
    expect(asked).toHaveLength(1);
    expect(flow.backTo).toBe('signIn');
    begins.push({ kind: 'offline' }, at(scan(), { flow: 3 }));
    expect(await flow.withPhone()).toBe(false);
    expect(flow.stage).toMatchObject({ kind: 'over', why: { kind } });
    expect(flow.error).toEqual({ kind: 'offline' });
    expect(await flow.withPhone()).toBe(true);
    expect(begun.map(({ intent }) => intent)).toEqual(['pair', 'pair', 'pair']);
    expect(flow.view?.flow).toBe(3);
  });

  it('may be left for the password', async () => {
    const { flow, last } = await scanning();
    last().fail({ kind: 'refused' });
    await settled();
    flow.byPassword();
    expect(flow.stage?.kind).toBe('signIn');
    expect(flow.entry).toBe(entry);
    expect(flow.error).toBeNull();
  });

  it('never leaves a dead code on the screen', async () => {
    const { flow, begins, at, last } = await scanning();
    last().give(at(confirmCode));
    await settled();
    begins.push({ kind: 'serverTrouble' });
    flow.back();
    await settled();
    expect(flow.stage).toEqual({ kind: 'over', intent: 'pair', why: { kind: 'serverTrouble' } });
  });

  it('keeps the form when it cannot even begin', async () => {
    const { flow, begins } = start();
    begins.push({ kind: 'unsupported' });
    flow.openSignIn(entry, 'jana');
    expect(await flow.withPhone()).toBe(false);
    expect(flow.stage?.kind).toBe('signIn');
    expect(flow.error).toEqual({ kind: 'unsupported' });
  });

  it('ends a phone that was to be linked', async () => {
    const { flow, at, begins, last } = start();
    begins.push(at(scan({ reach: null }), { intent: 'linkPhone' }));
    await flow.openAccount(listed, 'jana', 'linkPhone');
    last().fail({ kind: 'refused' });
    await settled();
    expect(flow.stage).toMatchObject({ kind: 'over', intent: 'linkPhone' });
    expect(flow.backTo).toBe('origin');
  });
});

describe('after a phone', () => {
  it('leads to the account', async () => {
    const { flow, exits, at, last } = await scanning();
    last().give(at(confirmAccount()));
    await settled();
    const yes = flow.answer({ kind: 'yes' });
    last().give(at({ ...done, what: 'paired' } as Question));
    await yes;
    flow.finishAt('a1');
    expect(exits).toEqual([{ to: 'account', id: 'a1', error: null }]);
  });
});

describe('the steps with a phone', () => {
  const t = languages.en;
  it('follow the questions', () => {
    const at = (question: Question | null, intent: 'pair' | 'linkPhone' = 'pair') => stepsOf(intent, question, t).at;
    expect([scan(), confirmCode, waitForPhone, confirmAccount(), done].map((one) => at(one))).toEqual([0, 1, 1, 1, 2]);
    expect([scan(), showCode, allowPhone, done].map((one) => at(one, 'linkPhone'))).toEqual([0, 1, 1, 2]);
    expect(at(null)).toBe(0);
  });

  it('speak of no code where there is none', () => {
    expect(stepsOf('pair', scan(), t).names).toContain(t.pairing.stepCode);
    expect(stepsOf('pair', scan(), t, false).names).not.toContain(t.pairing.stepCode);
  });

  it('open the door a little further each time', () => {
    const open = [null, scan(), confirmCode, waitForPhone, done].map(doorWithPhone);
    expect(open).toEqual([0, 1, 2, 3, 4]);
  });

  it('are remembered until the end of the conversation', async () => {
    const { flow, begins, at } = start();
    begins.push(at(scan({ guarded: false })));
    flow.openSignIn(entry, '');
    await flow.withPhone();
    expect(flow.guarded).toBe(false);
    flow.cancel();
    expect(flow.guarded).toBe(true);
  });
});
