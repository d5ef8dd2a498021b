// Ways back of the window without Rust. ?house=<count> draws that many accounts, ?mailboxes adds a second mailbox, ?due shows the reminder, ?codes=<left> gives every account ten
// saved codes. Every account of the list hangs on the mailbox, the phone or this computer, by the letters of its name.
import type {
  AccountRow, CheckView, CodesShown, CodeShown, ErrorView, HouseView, MeansView, NeedView, StandingView, StepView, WaysView, WayView, WentForm,
} from '../src/bindings';

type Handlers = Record<string, (a: never) => unknown>;

const now = () => Math.floor(Date.now() / 1000);
const DAY = 86_400;
const fail = (error: ErrorView): never => {
  throw error;
};
const NAMES = ['AliExpress', 'Dorfladen', 'Photos', 'Games', 'Club', 'Mastodon', 'Market', 'News', 'Practice', 'School', 'Trains', 'Work'];
const MAILBOX: NeedView = { kind: 'mailbox', address: 'jana.koenig@gmail.com' };
const PHONE: NeedView = { kind: 'device', name: 'My phone' };
const COMPUTER: NeedView = { kind: 'thisComputer' };
const AUNT: NeedView = { kind: 'person', name: 'Aunt Ada' };
const DRAWER: NeedView = { kind: 'codes', name: 'Desk drawer' };
const SECOND: NeedView = { kind: 'account', id: 'h3', name: 'Posteo' };
const same = (a: NeedView, b: NeedView): boolean => JSON.stringify(a) === JSON.stringify(b);

export function waysCommands(query: URLSearchParams, rows: () => AccountRow[]): Handlers {
  const count = Number(query.get('house') ?? 0);
  const LOSSES = [MAILBOX, PHONE, COMPUTER, AUNT, DRAWER, ...(query.has('mailboxes') ? [SECOND] : [])];
  const named = count > 0
    ? Array.from({ length: count }, (_, n) => ({ id: `h${n}`, name: n < NAMES.length ? NAMES[n] ?? '' : `${NAMES[n % NAMES.length]} ${Math.floor(n / NAMES.length) + 1}`, identifier: 'jana.koenig@gmail.com' }))
    : null;
  const all = () => [...(named ?? rows())].sort((a, b) => a.name.localeCompare(b.name));
  /** Which of the three an account needs: one is a single point. */
  const needsOf = (name: string): NeedView[] => {
    const letter = [...name].reduce((sum, c) => sum + (c.codePointAt(0) ?? 0), 0) % 7;
    return [[MAILBOX], [MAILBOX, COMPUTER], [MAILBOX, PHONE, COMPUTER], [COMPUTER, PHONE], [PHONE, MAILBOX], [COMPUTER, AUNT, MAILBOX], [MAILBOX, DRAWER, PHONE]][letter] ?? [];
  };
  const standing = (name: string, lost: NeedView[]): StandingView => {
    const left = needsOf(name).filter((need) => !lost.some((it) => same(it, need))).length;
    return left === 0 ? 'lockedOut' : left === 1 ? 'oneWayLeft' : 'getsIn';
  };
  const house = (lost: NeedView[]): HouseView => {
    const windows = all().map(({ id, name, identifier }) => ({ id, name, identifier, standing: standing(name, lost) }));
    const dark = windows.filter((one) => one.standing === 'lockedOut');
    const losses = LOSSES.map((need) => ({ need, locksOut: all().filter(({ name }) => standing(name, [need]) === 'lockedOut').length }))
      .sort((a, b) => b.locksOut - a.locksOut);
    const hows: StepView['how'][] = [{ kind: 'codes', here: !lost.some((it) => same(it, COMPUTER)) }, { kind: 'phone' }, { kind: 'otherMailbox' }];
    const worst = losses[0];
    const steps: StepView[] = dark.length > 0
      ? dark.slice(0, 5).map(({ id, name }, place) => ({ id, name, how: hows[place % 3] ?? { kind: 'person' }, lights: place === 0 ? 2 : 1, shouldBeLost: null }))
      : windows.filter((one) => worst && standing(one.name, [worst.need]) === 'lockedOut').slice(0, 1)
          .map(({ id, name }) => ({ id, name, how: { kind: 'phone' }, lights: 1, shouldBeLost: worst?.need ?? null }));
    const circles = lost.some((it) => same(it, COMPUTER)) && query.has('circle') ? [['GMX', 'Posteo']] : [];
    const few = windows[0] && query.has('codes') ? [{ id: windows[0].id, name: windows[0].name, what: { kind: 'fewCodes' as const, left: Number(query.get('codes')) } }] : [];
    return { windows, losses, circles, steps, warnings: few };
  };

  const pages = new Map<string, { ways: WayView[]; mailboxes: string[]; codes: CodesShown; last: number | null; reminds: boolean }>();
  const way = (means: MeansView, part: Partial<WayView> = {}): WayView =>
    ({ means, said: false, denied: false, tried: { kind: 'notYet' }, secondStep: false, ...part });
  const list = (texts: string[], left: number): CodeShown[] =>
    texts.map((text, id) => ({ id, text, usedAt: id < texts.length - left ? now() - 3 * DAY : null }));
  const TEN = ['7K2M-9QXA', '44TF-ZC0D', 'P8RW-1HNV', '63BE-Y5GJ', 'D0TC-S7MA', '2X9K-QV4H', 'M3PB-8WTE', 'V6YD-1RKC', 'H9FA-5ZQN', 'C4GX-7JSP'];
  const page = (id: string) => {
    const known = pages.get(id);
    if (known) return known;
    const kept = query.has('codes') ? list(TEN, Number(query.get('codes'))) : [];
    const made = {
      ways: [
        way({ kind: 'savedPassword' }, { tried: { kind: 'held', at: now() - 40 * DAY }, secondStep: true }),
        way({ kind: 'mailbox', name: 'jana.koenig@gmail.com' }, { tried: { kind: 'failed', at: now() - 2 * DAY }, secondStep: true }),
        way({ kind: 'authenticatorOn', name: 'My phone' }, { said: true }),
        way({ kind: 'signedInHere' }, { denied: true }),
      ],
      mailboxes: [], codes: { codes: kept, earlier: [] }, last: query.has('codes') ? now() - 40 * DAY : null, reminds: true,
    };
    pages.set(id, made);
    return made;
  };
  const view = (id: string): WaysView => {
    const { ways, mailboxes, codes, last, reminds } = page(id);
    const left = codes.codes.filter(({ usedAt }) => usedAt === null).length;
    const counted = ways.filter(({ denied, tried }) => !denied && tried.kind !== 'failed');
    const checks: CheckView[] = ways.filter(({ denied }) => !denied).map(({ means }) => ({ kind: 'way', means }));
    return {
      standing: counted.length > 1 ? 'getsIn' : counted.length === 1 ? 'oneWayLeft' : 'lockedOut',
      ways, mailboxes, hangsOn: counted.length > 2 ? [] : [COMPUTER, PHONE], warnings: [],
      codes: { since: codes.codes.length > 0 ? now() - 40 * DAY : null, all: codes.codes.length, left, few: codes.codes.length > 0 && left <= 3, earlier: codes.earlier.length },
      devices: ['My phone', 'Tablet'], people: ['Aunt Ada'],
      tasks: [...checks, ...(query.has('vault') ? [{ kind: 'recoveryKey' as const }] : [])].map((check) => ({
        check,
        who: check.kind === 'recoveryKey' ? 'typed' : check.kind === 'way' && /Here$|^saved/.test(check.means.kind) ? 'regain' : 'person',
        last: ways.find((it) => check.kind === 'way' && it.means === check.means)?.tried ?? { kind: 'notYet' },
      })),
      lastRehearsed: last, reminds,
    };
  };
  const is = (a: MeansView, b: MeansView): boolean => JSON.stringify(a) === JSON.stringify(b);
  const change = (id: string, run: (it: ReturnType<typeof page>) => void): WaysView => {
    const it = { ...page(id) };
    run(it);
    pages.set(id, it);
    return view(id);
  };
  return {
    house: (a: { lost: NeedView[] }) => house(a.lost),
    ways: (a: { account: string }) => view(a.account),
    add_way: (a: { account: string; means: MeansView }) => change(a.account, (it) => (it.ways = [...it.ways, way(a.means, { said: true })])),
    deny_way: (a: { account: string; means: MeansView }) =>
      change(a.account, (it) => (it.ways = it.ways.map((one) => (is(one.means, a.means) ? { ...one, denied: true } : one)))),
    unsay_way: (a: { account: string; means: MeansView }) =>
      change(a.account, (it) => (it.ways = it.ways.flatMap((one) => (!is(one.means, a.means) ? [one] : one.said ? [] : [{ ...one, denied: false }])))),
    mend_way: (a: { account: string; means: MeansView }) =>
      change(a.account, (it) => (it.ways = it.ways.map((one) => (is(one.means, a.means) ? { ...one, tried: { kind: 'notYet' } } : one)))),
    opens_mailbox: (a: { account: string; address: string; opens: boolean }) =>
      change(a.account, (it) => (it.mailboxes = a.opens ? [...it.mailboxes, a.address] : it.mailboxes.filter((one) => one !== a.address))),
    read_codes: (a: { text: string }) => {
      const lines = a.text.split('\n').map((line) => line.replace(/^\s*(\d+[.)]|[-*•])\s*/, '').trim()).filter(Boolean);
      return { codes: lines.filter((line) => /\d/.test(line) && !line.includes(':')), leftOut: lines.filter((line) => !/\d/.test(line) || line.includes(':')) };
    },
    save_codes: (a: { account: string; codes: string[]; add: boolean }) =>
      change(a.account, (it) => {
        const before = it.codes.codes;
        it.codes = a.add
          ? { ...it.codes, codes: [...before, ...a.codes.map((text, n) => ({ id: before.length + n, text, usedAt: null }))] }
          : { codes: list(a.codes, a.codes.length), earlier: before.length > 0 ? [{ at: now() - 40 * DAY, codes: before }, ...it.codes.earlier] : [] };
      }),
    reveal_codes: (a: { account: string }) => page(a.account).codes,
    copy_code: () => ({ clearIn: 30 }),
    cross_off: (a: { account: string; code: number; used: boolean }) => {
      const it = page(a.account);
      it.codes = { ...it.codes, codes: it.codes.codes.map((one) => (one.id === a.code ? { ...one, usedAt: a.used ? now() : null } : one)) };
      return it.codes;
    },
    rehearse: (a: { check: CheckView; typed: string }) =>
      new Promise((done) => setTimeout(() => done({ kind: a.check.kind !== 'recoveryKey' ? 'held' : a.typed.length < 34 ? 'notAKey' : 'held' }), 600)),
    rehearsed: (a: { account: string; went: WentForm[] }) =>
      change(a.account, (it) => {
        it.last = now();
        const of = (means: MeansView) => a.went.find(({ check }) => check.kind === 'way' && is(check.means, means));
        it.ways = it.ways.map((one) => {
          const went = of(one.means);
          return went ? { ...one, tried: { kind: went.held ? 'held' : 'failed', at: now() } as WayView['tried'] } : one;
        });
      }),
    remind: (a: { account: string; when: string }) => (change(a.account, (it) => (it.reminds = a.when !== 'never')), null),
    due: () => (query.has('due') ? { id: rows()[0]?.id ?? fail({ kind: 'gone' }), name: rows()[0]?.name ?? '', lastRehearsed: null } : null),
  };
}
