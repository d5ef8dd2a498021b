// Known leaks and what is to be changed, of the window without Rust. ?leaks=copy|asked|broken, ?changed=<number> of the queue is
// done, ?fine leaves nothing to change, ?site=weak is a site that takes six digits.
import type { AccountHealthView, ChangeView, ErrorView, ExposedView, HealthView, LeaksKind, LeaksView } from '../src/bindings';

type Handlers = Record<string, (a: never) => unknown>;
interface Row {
  id: string;
  name: string;
  identifier: string;
}

const YEAR = 365 * 86_400;
const now = () => Math.floor(Date.now() / 1000);
const ALL = 5;

export function healthCommands(query: URLSearchParams, rows: () => Row[]): Handlers {
  const asked = query.get('leaks');
  let kind: LeaksKind = asked === 'broken' ? 'copy' : ((asked as LeaksKind | null) ?? 'off');
  let path: string | null = kind === 'copy' ? 'pwned-passwords-sha1-ordered-by-hash.txt' : null;
  let looked = query.has('looked');
  const leaks = (): LeaksView => ({ kind, path, broken: asked === 'broken' });
  const named = (name: string): Row => {
    const { id, identifier } = rows().find((row) => row.name === name) ?? { id: name, identifier: 'jana' };
    return { id, name, identifier };
  };
  const exposed = (name: string): ExposedView => {
    if (!looked || kind === 'off') return { kind: 'notChecked' };
    if (name === 'Choir') return { kind: 'unknown' };
    return name === 'Dorfladen' || name === 'Library' ? { kind: 'times', times: name === 'Library' ? 1 : 3861 } : { kind: 'no' };
  };
  const health = (): HealthView => {
    const done = query.has('fine') ? ALL : Number(query.get('changed') ?? 0);
    const old = now() - 5 * YEAR;
    const changes: ChangeView[] = [
      {
        accounts: [named('Weekly market'), named('Family photos')],
        reasons: [{ kind: 'reused', others: 2 }, { kind: 'old', since: old }],
        unlocks: 4,
      },
      { accounts: [named('Dorfladen')], reasons: [...(looked ? [{ kind: 'exposed' as const, times: 3861 }] : []), { kind: 'reused', others: 1 }], unlocks: 0 },
      { accounts: [named('Allotment club')], reasons: [{ kind: 'reused', others: 1 }], unlocks: 0 },
      { accounts: [named('Library')], reasons: [{ kind: 'old', since: old }], unlocks: 0 },
    ].slice(Math.min(4, done)) as ChangeView[];
    const accounts = rows().map(({ id, name }): AccountHealthView => ({
      account: id,
      since: now() - (name === 'Library' ? 5 * YEAR : 40 * 86_400),
      old: name === 'Library' || name === 'Weekly market',
      reusedWith: query.has('fine') ? [] : name === 'Dorfladen' ? [named('Allotment club'), named('Choir')] : name === 'Weekly market' ? [named('Family photos')] : [],
      exposed: exposed(name),
    }));
    return { accounts, changes, changed: done, all: query.get('changed') === 'none' ? 0 : ALL, leaks: kind };
  };
  return {
    health,
    check_leaks: async () => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      looked = true;
      return health();
    },
    leaks,
    choose_leaks: (a: { kind: LeaksKind }) => {
      kind = a.kind;
      return leaks();
    },
    find_leaks: (a: { folder: boolean }): LeaksView => {
      if (query.has('nocopy')) throw { kind: 'unreadable' } satisfies ErrorView;
      kind = 'copy';
      path = a.folder ? 'pwned-passwords' : 'pwned-passwords.txt';
      return leaks();
    },
  };
}
