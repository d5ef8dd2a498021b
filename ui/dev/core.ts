// Stands in for '@tauri-apps/api/core' in `npm run dev:fake`: an account server and a keychain made of memory.
// ?vault=… as vault.ts says, ?phone=… as pairing.ts does, ?leaks=… ?changed=… ?site=weak as health.ts, ?house=… as ways.ts. The password of "Dorfladen" is "right", its code 48213905; the authenticator shows 123456.
// ?state=first|empty|list ?calm leaves out what needs you  ?store=ready|locked|dismissed|missing|itemMissing|ambiguous|broken  ?theme=  ?lang=  ?fail=<command>:<error kind>
import type {
  Abilities, AccountRow, AccountPage, AnswerForm, BeginForm, CodeView, DeviceView, Done, ErrorView, PastView, Question, ServerView,
  Settings, StoreView, Strength, View, Way,
} from '../src/bindings';
import { healthCommands } from './health';
import { scanCommands } from './scan';
import { guideOf, sitesOf } from './guide';
import { phoneOf } from './pairing';
import { recoveryOf } from './recovery';
import { siteCommands } from './sites';
import { vaultCommands } from './vault';
import { waysCommands } from './ways';

const query = new URLSearchParams(location.search);
const now = () => Math.floor(Date.now() / 1000);
const DAY = 86_400;
const fail = (error: ErrorView): never => {
  throw error;
};

const abilities: Abilities = {
  recover: true, recoverByMailbox: false, changeWithCurrent: true, sessions: true, pair: 'full', linkPhone: true, guided: false, signUp: true, recoverySettings: true,
};
const others = { ...abilities, recoverByMailbox: true, pair: null, linkPhone: false, guided: false, recoverySettings: false };
const dorfladen: ServerView = {
  address: 'https://accounts.dorfladen.example', name: 'Dorfladen', host: 'accounts.dorfladen.example', kind: 'recoveryServer',
  tried: true, practice: false, abilities,
};
const practice: ServerView = {
  address: 'http://127.0.0.1:4711', name: 'Practice server', host: '127.0.0.1:4711', kind: 'recoveryServer', tried: true,
  practice: true, abilities,
};
const matrix: ServerView = {
  address: 'https://matrix.dorfladen.example/', name: 'matrix.dorfladen.example', host: 'matrix.dorfladen.example', kind: 'matrix',
  tried: true, practice: false, abilities: { ...others, pair: 'full' },
};
const pds: ServerView = {
  address: 'https://pds.dorfladen.example/', name: 'pds.dorfladen.example', host: 'pds.dorfladen.example', kind: 'atProto',
  tried: true, practice: false, abilities: { ...others, changeWithCurrent: false, sessions: false },
};
const kratos: ServerView = {
  address: 'https://konto.example/', name: 'konto.example', host: 'konto.example', kind: 'kratos', tried: false, practice: false,
  abilities: { ...others, pair: 'identityOnly' },
};
const supabase: ServerView = {
  address: 'https://club.supabase.example/', name: 'club.supabase.example', host: 'club.supabase.example', kind: 'goTrue', tried: false,
  practice: false, abilities: { ...others, sessions: false },
};
// At konto.example the code goes to one of these; at club.supabase.example the key is "sb_publishable_club".
const ADDRESSES = ['ja****@gmail.com', 'wo****@office.example', '+49****77'];
const WHOLE = ['jana.koenig@gmail.com', 'work@office.example', '+491512345677'];
const CODE = '48213905';
const SAVED_CODES = ['7K2M-9QXA-44TF-ZC0D', 'P8RW-1HNV-63BE-Y5GJ', 'D0TC-S7MA-2X9K-QV4H'];

let settings: Settings = {
  theme: (query.get('theme') as Settings['theme'] | null) ?? 'system',
  language: (query.get('lang') as Settings['language'] | null) ?? 'system',
  store: 'keychain', lockAfterMinutes: 5, clearClipboardSeconds: 30,
};
const world = {
  store: { kind: 'keychain', state: (query.get('store') as StoreView['state'] | null) ?? 'ready' } as StoreView,
  names: () => rows.map(({ name }) => name),
  strength: (password: string, min: number) => strengthOf(password, min),
  generate: (form: { kind: string; length: number }) => generated(form),
};
let practising = false;
let mails: { id: string; at: number; subject: string; text: string }[] = [];

const row = (name: string, identifier: string, server: string, state: AccountRow['state'], pretend = false): AccountRow => ({
  id: name, name, identifier, server, state, practice: pretend, kind: 'recoveryServer',
});
let rows: AccountRow[] =
  (query.get('state') ?? 'list') === 'list'
    ? [
        row('Weekly market', 'jana.koenig@mail.example', 'market.example', 'passwordSaved'),
        row('Dorfladen', 'jana.koenig@gmail.com', 'accounts.dorfladen.example', 'signedIn'),
        ...(query.has('calm') ? [] : [
        row('Allotment club', 'jana.koenig@mail.example', 'garden.example', 'noPasswordFits'),
        row('Choir', 'jana', 'choir.example:8443', 'inTheAir'),
        ]),
        row('Family photos', 'jana.k', 'photos.example', 'signedIn'),
        row('Library', 'jana.koenig@mail.example', 'library.example', 'signedOut'),
        row('Practice account', 'practice@regain.invalid', '127.0.0.1:4711', 'signedIn', true),
      ]
    : [];

const scan = scanCommands(query);
const past = (id: string, ago: number, why: PastView['why']): PastView => ({ id, at: now() - ago, why });
const page = (id: string): AccountPage => {
  const account = rows.find((candidate) => candidate.id === id) ?? fail({ kind: 'gone' });
  return {
    account,
    signedInAt: account.state === 'signedIn' ? now() - 3 * DAY : null,
    password: account.state === 'signedOut' ? null : { changedAt: now() - 40 * DAY },
    waiting: account.state === 'inTheAir' ? [past('w1', 900, 'sent'), past('w2', 4000, 'notUsedYet')] : [],
    history: [past('h1', 40 * DAY, 'replaced'), past('h2', 400 * DAY, 'notAccepted')],
    abilities,
    asksMailbox: false,
    mailbox: account.identifier.includes('@') ? 'j•••@gmail.com' : null,
    guide: null,
    authenticator: scan.authenticator?.({ account: id } as never) as AccountPage['authenticator'],
    ...extras(),
  };
};
const vault = vaultCommands(query, world);
const extras = () => vault.page_extras?.(null as never) as Pick<AccountPage, 'note' | 'draft'>;
let devices: DeviceView[] = [
  { id: 'a', name: 'Firefox on Android', lastUsedAt: now() - DAY, current: false, network: '203.0.113.0/24' },
  { id: 'b', name: 'Regain on Linux', lastUsedAt: now(), current: true, network: null },
  { id: 'c', name: 'Chrome on Windows', lastUsedAt: now() - 90 * DAY, current: false, network: '198.51.100.0/24' },
];

interface Running extends BeginForm {
  server: ServerView;
  account: string | null;
  question: Question;
  resendAt: number;
}
const fresh = (): Question => {
  const weak = query.get('site') === 'weak';
  return { kind: 'newPassword', minLength: weak ? 6 : 15, maxLength: weak ? 6 : 256, unknown: false };
};
const flows = new Map<number, Running>();
let nextFlow = 1;
const allWays: Way[] = ['mailCode', 'mailLink', 'recoveryCode'];

const code = (way: Way, purpose: CodeView['purpose'], flow: { resendAt: number }): Question => {
  const mailed = way === 'mailCode' || way === 'mailLink';
  return {
    kind: 'code', purpose, way,
    sentTo: mailed ? 'j•••@gmail.com' : null,
    shape: way === 'mailLink' ? { kind: 'link' } : way === 'recoveryCode' ? { kind: 'groups', groups: 4, size: 4 }
      : { kind: 'digits', length: way === 'authenticator' ? 6 : 8 },
    sentAt: mailed ? now() : null,
    validUntil: mailed ? now() + 600 : null,
    resendIn: mailed ? Math.max(0, flow.resendAt - now()) : null,
    otherWays: purpose === 'newAddress' ? [] : purpose === 'secondFactor' ? ['recoveryCode'] : allWays.filter((other) => other !== way),
    mayBeOpened: false,
    kept: way === 'authenticator' && query.has('kept'),
  };
};
const choice = (): Question => ({ kind: 'chooseAddress', masked: ADDRESSES, typed: 0 });
const sentTo = (place: number, flow: Running): Question => {
  const asked = code(place === 2 ? 'textCode' : 'mailCode', 'recovery', flow);
  return asked.kind === 'code' ? { ...asked, sentTo: ADDRESSES[place] ?? null, sentAt: now(), validUntil: now() + 600, resendIn: 60, otherWays: ['otherAddress'] } : asked;
};
const mail = () =>
  mails.unshift({
    id: String(mails.length), at: now(), subject: `${CODE} is your code for Practice server`,
    text: `Someone, hopefully you, wants to set a new password.\n\n    4821 3905\n\nIt works until ${new Date(Date.now() + 6e5).toLocaleTimeString()}.\nWasn't it you? Do nothing: your password stays as it is.\n\n@127.0.0.1 #${CODE}`,
  });

const generated = (form: { kind: string; length: number }): string => {
  const words = ['mossy', '7', 'Kettle', 'walnut', '29', 'harbour', 'Lantern', 'quince', 'pebble', 'tulip'];
  return form.kind === 'words' ? words.slice(0, form.length).join('-') : 'k7Qm4vXz9RtPw2LsHj6NbYc3DfGg8AeUoKpMx5ZrTq1VhWnBsJdCyFuLaEiRgPqQ'.slice(0, form.length);
};

const strengthOf = (password: string, min = 15): Strength => {
  const long = password.length >= min;
  const common = !/sommer|password|1234/i.test(password);
  return {
    score: password.length > 19 ? 4 : Math.floor(password.length / 5),
    hint: password.length > 14 ? null : /\d{4}/.test(password) ? 'year' : 'addWords',
    ok: long && common,
    rules: [
      { rule: { kind: 'tooShort', min }, met: long },
      { rule: { kind: 'common' }, met: common },
      ...(min === 15
        ? [{ rule: { kind: 'containsIdentifier' as const }, met: true }, { rule: { kind: 'containsServer' as const }, met: true }]
        : [{ rule: { kind: 'guessable' as const }, met: password.length > 14 }]),
    ],
  };
};

const view = (id: number, problem: View['problem'] = null): View => {
  const flow = flows.get(id) ?? fail({ kind: 'gone' });
  const { question } = flow;
  if (question.kind === 'code' && question.resendIn !== null) question.resendIn = Math.max(0, flow.resendAt - now());
  return { flow: id, intent: flow.intent, change: recovery.done(flow), server: flow.server, identifier: flow.identifier ?? '', question, problem };
};

const done = (flow: Pick<Running, 'server' | 'identifier'> & { account?: string | null }, what: Done): Question => {
  const name = flow.account ?? (flow.server.practice ? 'Practice account' : flow.server.name);
  rows = [
    ...rows.filter((account) => account.id !== name),
    row(name, flow.identifier ?? '', flow.server.host, 'signedIn', flow.server.practice),
  ];
  return {
    kind: 'done', account: name, what, store: world.store.kind, savedAt: now(), oldKept: what === 'passwordChanged',
    sessionsEnded: what === 'passwordChanged' ? 3 : null, noticeTo: what === 'passwordChanged' ? 'j•••@gmail.com' : null,
  };
};

function begin(form: BeginForm): View {
  const id = nextFlow++;
  const account = form.target.kind === 'account' ? page(form.target.id).account : null;
  const server = form.target.kind === 'server'
    ? [practice, kratos, supabase, matrix, pds, ...sitesOf('ali shop.example').sites.map((site) => site.server)].find((one) => form.target.kind === 'server' && one.address === form.target.address) ?? dorfladen
    : { ...dorfladen, name: account?.name ?? '', host: account?.server ?? '', practice: account?.practice ?? false };
  const flow: Running = {
    ...form, server, account: account?.id ?? null, identifier: form.identifier ?? account?.identifier ?? '',
    question: { kind: 'password', purpose: 'signIn', saved: account?.state === 'passwordSaved' },
    resendAt: now() + Number(query.get('resend') ?? 60),
  };
  const walked = guide.begin(flow);
  if (walked) flow.question = walked;
  else if (form.intent === 'recover' && server === kratos) flow.question = choice();
  else if (form.intent === 'recover' || form.intent === 'signUp') {
    flow.question = code('mailCode', form.intent === 'signUp' ? 'signUp' : 'recovery', flow);
    mail();
  } else if (form.intent === 'pair' || form.intent === 'linkPhone') flow.question = phone.begin(id, flow);
  else if (form.intent === 'changeRecovery') recovery.begin(flow);
  else if (form.intent === 'changePassword') {
    flow.question = account?.id === 'Choir'
      ? { kind: 'password', purpose: 'current', saved: false }
      : fresh();
  }
  flows.set(id, flow);
  return view(id);
}

const recovery = recoveryOf(query, {
  code: (purpose) => code(purpose === 'newAddress' ? 'mailCode' : 'authenticator', purpose, { resendAt: now() + 60 }),
  done: () => done({ server: dorfladen, identifier: 'jana.koenig@gmail.com' }, 'recoveryChanged'),
  fail,
});
const guide = guideOf(query, { done, fail });
const phone = phoneOf(query, {
  flow: (id) => flows.get(id) ?? fail({ kind: 'gone' }),
  end: (id) => flows.delete(id),
  done,
  listed: (identifier) => rows.some((account) => account.identifier === identifier && !account.practice),
});

async function answer(id: number, given: AnswerForm): Promise<View> {
  const flow = flows.get(id) ?? fail({ kind: 'gone' });
  const byPhone = await phone.answer(id, flow, given);
  if (byPhone) return view(id, byPhone.problem);
  const setting = recovery.answer(flow, given);
  if (setting) return view(id, setting.problem);
  const inGuide = guide.answer(flow, given);
  if (inGuide) return view(id, inGuide.problem);
  const { question } = flow;
  switch (given.kind) {
    case 'saved':
      return view(id, { kind: 'noPasswordFits' });
    case 'password':
      if (given.password === 'second') flow.question = code('authenticator', 'secondFactor', flow);
      else if (given.password !== 'right') return view(id, { kind: 'wrongPassword' });
      else flow.question = flow.intent === 'signIn' ? done(flow, 'signedIn') : fresh();
      return view(id);
    case 'code': {
      if (question.kind !== 'code') return fail({ kind: 'bug' });
      const right = question.purpose === 'secondFactor' ? '123456' : CODE;
      if (given.code === '00000000') return fail({ kind: 'expired' });
      if (given.code !== right && !SAVED_CODES.includes(given.code) && question.way !== 'mailLink') return view(id, { kind: 'wrongCode' });
      flow.question = question.purpose === 'secondFactor' ? done(flow, 'signedIn') : fresh();
      return view(id);
    }
    case 'kept':
      flow.question = done(flow, 'signedIn');
      return view(id);
    case 'opened':
      return view(id, { kind: 'notOpened' });
    case 'newPassword':
      if (given.password.includes('lost')) {
        flow.question = { kind: 'newPassword', minLength: 15, maxLength: 256, unknown: true };
        return fail({ kind: 'outcomeUnknown' });
      }
      if (given.password.includes('weak')) return view(id, { kind: 'weakPassword', reasons: [{ kind: 'guessable' }, { kind: 'sameAsCurrent' }] });
      flow.question = done(flow, flow.intent === 'signUp' ? 'signedUp' : 'passwordChanged');
      return view(id);
    case 'useGenerated':
    case 'findOut':
      flow.question = done(flow, flow.intent === 'signUp' ? 'signedUp' : 'passwordChanged');
      return view(id);
    case 'resend':
      if (flow.resendAt > now()) return view(id, { kind: 'tooSoon', wait: flow.resendAt - now() });
      flow.resendAt = now() + 60;
      if (question.kind === 'code') flow.question = code(question.way, question.purpose, flow);
      mail();
      return view(id);
    case 'address':
      flow.question = given.place === 0 ? sentTo(0, flow) : { kind: 'confirmAddress', masked: ADDRESSES[given.place] ?? '' };
      return view(id);
    case 'wholeAddress': {
      const place = question.kind === 'confirmAddress' ? ADDRESSES.indexOf(question.masked) : 0;
      if (given.address.replaceAll(' ', '') !== WHOLE[place]) return view(id, { kind: 'notThatAddress' });
      flow.question = sentTo(place, flow);
      return view(id);
    }
    case 'otherWay':
      if (given.way === 'otherAddress') flow.question = choice();
      else if (question.kind === 'code') flow.question = code(given.way, question.purpose, flow);
      return view(id);
    case 'keep':
    case 'wait':
    case 'yes':
    case 'no':
    case 'stepBack':
    case 'startOver':
      return fail({ kind: 'unsupported' });
  }
}

const handlers: Record<string, (a: never) => unknown> = {
  start: () => ({ firstStart: query.get('state') === 'first', settings, store: world.store, system: 'linux', version: '0.1.0', practice: query.has('practice'), vault: vault.vault_state?.(null as never), inTheAir: query.get('vault') === 'locked' ? 0 : Number(query.get('air') ?? 0) }),
  shown: () => null,
  save_settings: (a: { settings: Settings }) => (settings = a.settings),
  choose_store: (a: { kind: StoreView['kind'] }) => {
    if (a.kind === 'keychain' && world.store.kind === 'keychain' && world.store.state !== 'ready') fail({ kind: world.store.state === 'missing' ? 'noKeychain' : 'locked' });
    const from = world.store.kind;
    world.store = { kind: a.kind, state: 'ready' };
    return { store: world.store, moved: a.kind === 'memory' ? null : { from, to: a.kind, accounts: rows.length, passwords: rows.length * 2 } };
  },
  store_state: () => world.store,
  unlock_store: () => (world.store = { ...world.store, state: 'ready' }),
  accounts: () => rows,
  account: (a: { id: string }) => page(a.id),
  find_server: (a: { address: string; key: string | null }) => {
    if (a.address.trim() === '') fail({ kind: 'address', why: 'empty' });
    if (a.address.startsWith('http://')) fail({ kind: 'address', why: 'notEncrypted' });
    if (!a.address.includes('.')) fail({ kind: 'address', why: 'notAnAddress' });
    if (a.address.includes('konto.example')) return { servers: [kratos], identifier: null };
    if (a.address.includes('supabase')) {
      if (a.key === null) fail({ kind: 'wantsKey' });
      if (a.key?.startsWith('sb_secret_')) fail({ kind: 'key', why: 'secret' });
      if (a.key !== 'sb_publishable_club') fail({ kind: 'wrongKey' });
      return { servers: [supabase], identifier: null };
    }
    const servers = [dorfladen, matrix, pds].filter((one) => a.address.includes('dorfladen') && (one === dorfladen || a.address.includes('@')));
    return servers.length > 0 ? { servers, identifier: a.address.includes('@') ? a.address : null } : fail({ kind: 'address', why: 'noAccountServer' });
  },
  find_sites: (a: { text: string }) => sitesOf(a.text),
  open_guide_page: () => null,
  show_guide_password: () => ({ password: 'Kettle29walnutdrift7', hideIn: 30 }),
  start_practice: () => {
    practising = true;
    return { server: practice, identifier: 'practice@regain.invalid', recoveryCodes: SAVED_CODES };
  },
  practice_mails: () => (practising ? mails : []),
  open_practice_outbox: () => null,
  begin: (a: { form: BeginForm }) => begin(a.form),
  answer: (a: { flow: number; answer: AnswerForm }) => answer(a.flow, a.answer),
  look: (a: { flow: number }) => view(a.flow),
  cancel: (a: { flow: number }) => {
    flows.delete(a.flow);
    return null;
  },
  generate: (a: { form: { kind: string; length: number } }) => {
    const weak = query.get('site') === 'weak';
    const password = weak ? '850274' : generated(a.form);
    const bits = a.form.kind === 'words' ? a.form.length * 11 + 9 : weak ? 20 : a.form.length * 6;
    return {
      password, strength: { ...strengthOf(password), score: weak ? 1 : 4, ok: true, hint: null }, savedAt: now(), store: world.store.kind,
      entropy: { bits, worth: bits < 64 ? 'weak' : bits < 112 ? 'good' : 'strong' }, siteIsWeak: weak ? { bits: 20, worth: 'weak' } : null,
    };
  },
  copy_generated: () => ({ clearIn: settings.clearClipboardSeconds }),
  check_password: (a: { password: string }) => strengthOf(a.password),
  check_identifier: (a: { identifier: string }) => ({
    plausible: a.identifier.length > 1,
    mailbox: /^[^@]+@[^@]+\.[^@]+$/.test(a.identifier),
    suggestion: a.identifier.endsWith('gmial.com') ? a.identifier.replace('gmial', 'gmail') : null,
  }),
  doctor: (a: { flow: number }) => {
    const flow = flows.get(a.flow) ?? fail({ kind: 'gone' });
    const identifier = flow.identifier ?? '';
    const typo = identifier.endsWith('gmial.com');
    return {
      reach: 'fine', suggestion: typo ? identifier.replace('gmial', 'gmail') : null, domain: identifier.split('@')[1] ?? null,
      resendIn: Math.max(0, flow.resendAt - now()), otherWays: ['mailLink', 'recoveryCode'],
    };
  },
  sessions: () => devices,
  end_session: (a: { session: string }) => {
    devices = devices.filter((device) => device.id !== a.session);
    return null;
  },
  end_other_sessions: () => {
    const count = devices.length - 1;
    devices = devices.filter((device) => device.current);
    return count;
  },
  sign_out: (a: { account: string }) => {
    rows = rows.map((account) => (account.id === a.account ? { ...account, state: 'passwordSaved' } : account));
    return null;
  },
  remove_account: (a: { account: string }) => {
    rows = rows.filter((account) => account.id !== a.account);
    return null;
  },
  reveal_password: () => ({ password: 'mossy-7-Kettle-walnut-29', hideIn: 30 }),
  copy_password: () => ({ clearIn: settings.clearClipboardSeconds }),
  clear_clipboard: () => null,
  open_server: () => null,
  lock: () => {
    flows.clear();
    vault.lock_vault?.(null as never);
    return null;
  },
  unlock: () => world.store,
  // In the console: dispatchEvent(new Event('sleep'))
  changed_elsewhere: () => query.has('elsewhere'),
  away: () => new Promise((resolve) => addEventListener('sleep', () => resolve(null), { once: true })),
  ...vault,
  ...scan,
  ...recovery.commands,
  ...healthCommands(query, () => rows),
  ...siteCommands(query, fail),
  ...waysCommands(query, () => rows),
  save_edits: (a: { account: string; edits: { name: string } }) => {
    vault.save_edits?.(a as never);
    rows = rows.map((account) => (account.id === a.account ? { ...account, name: a.edits.name } : account));
    return page(a.account);
  },
  drop_draft: (a: { account: string }) => {
    vault.drop_draft?.(a as never);
    return page(a.account);
  },
};

export async function invoke(command: string, args: never): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, Number(query.get('slow') ?? 30)));
  const [failing, kind] = (query.get('fail') ?? '').split(':');
  if (failing === command) throw { kind, wait: 90 };
  const handler = handlers[command];
  if (!handler) throw { kind: 'bug' };
  return structuredClone(await handler(args));
}
