// Authenticators and QR codes of the window without Rust. A file whose name is not looked at: each read shows the next of SCANS.
// ?kept gives every account an authenticator; ?scan=<number> begins with that one.
import type { AuthenticatorView, ErrorView, FoundText, NamedAuthenticator, ScanView } from '../src/bindings';

type Handlers = Record<string, (a: never) => unknown>;

const now = () => Math.floor(Date.now() / 1000);
const fail = (error: ErrorView): never => {
  throw error;
};
const named = (issuer: string | null, account: string, digits = 6): NamedAuthenticator => ({ issuer, account, digits, period: 30 });
const SCANS: FoundText[][] = [
  [{ kind: 'authenticator', ...named('Dorfladen', 'jana.koenig@gmail.com') }],
  [{
    kind: 'migration', part: 1, parts: 2, leftOut: ['Old bank'],
    entries: [named('Dorfladen', 'jana'), named('Choir', 'jana.k', 8), named(null, 'jana.koenig@mail.example')],
  }],
  [{ kind: 'pairing', host: 'accounts.dorfladen.example', server: 'Dorfladen' }],
  [{ kind: 'pairing', host: 'xn--pple-43d.example', server: null }],
  [{ kind: 'unusable', why: 'countsUses' }],
  [{ kind: 'text', text: 'WIFI:S:Dorfladen;T:WPA;P:kettle-29;;' }],
];

export function scanCommands(query: URLSearchParams): Handlers {
  let next = Number(query.get('scan') ?? 0);
  let last: ScanView | null = null;
  const kept = new Map<string, AuthenticatorView>();
  const of = (account: string): AuthenticatorView =>
    kept.get(account) ?? {
      current: query.has('kept') ? { named: named('Dorfladen', 'jana.koenig@gmail.com'), since: now() - 86_400 } : null,
      earlier: [],
    };
  const put = (account: string, current: NamedAuthenticator | null, removed: boolean): AuthenticatorView => {
    const before = of(account);
    const earlier = before.current ? [{ named: before.current.named, at: now(), removed }, ...before.earlier] : before.earlier;
    const view = { current: current && { named: current, since: now() }, earlier };
    kept.set(account, view);
    return view;
  };
  const read = (found: FoundText[] = SCANS[next++ % SCANS.length] ?? []): ScanView => (last = { number: (last?.number ?? 0) + 1, found });
  return {
    can_read_screen: () => true,
    read_qr_file: () => read(),
    read_qr_clipboard: () => (query.has('scan') ? read() : fail({ kind: 'picture', why: 'notCopied' })),
    read_qr_screen: () => null,
    read_typed: (a: { text: string }) =>
      read([/^[a-z2-7 ]{16,}$/i.test(a.text) ? { kind: 'authenticator', ...named('Dorfladen', 'jana') } : { kind: 'unusable', why: 'noSecret' }]),
    keep_scanned: (a: { number: number; place: number; entry: number; account: string }) => {
      const found = last?.number === a.number ? last.found[a.place] : undefined;
      if (found?.kind === 'authenticator') return put(a.account, found, false);
      if (found?.kind === 'migration') return put(a.account, found.entries[a.entry] ?? fail({ kind: 'gone' }), false);
      return fail({ kind: 'gone' });
    },
    open_scanned: () => null,
    forget_scanned: () => {
      last = null;
      return null;
    },
    authenticator: (a: { account: string }) => of(a.account),
    authenticator_code: () => ({ code: '123456', validUntil: (Math.floor(now() / 30) + 1) * 30, period: 30 }),
    copy_authenticator_code: () => ({ clearIn: 30 }),
    remove_authenticator: (a: { account: string }) => put(a.account, null, true),
    restore_authenticator: (a: { account: string; place: number }) => {
      const before = of(a.account);
      const chosen = before.earlier[a.place]?.named ?? fail({ kind: 'gone' });
      kept.set(a.account, { ...before, earlier: before.earlier.filter((_, place) => place !== a.place) });
      return put(a.account, chosen, false);
    },
  };
}
