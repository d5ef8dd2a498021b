// The phone of the fake: it scans after 3 s, says yes after 3 more; its code is 123456.
// ?phone=never|refuses|expires|away  ?scan=<seconds>  ?renew=<seconds>  ?side=<pixels>  ?weak (this computer came in through a phone)
import type { AnswerForm, ErrorView, IntentKind, ProblemView, Question, QrView, ServerView } from '../src/bindings';

export interface Asked {
  intent: IntentKind;
  server: ServerView;
  identifier: string | null;
  question: Question;
}
export interface World {
  /** The exchange, unless it was left meanwhile. */
  flow: (id: number) => Asked;
  end: (id: number) => void;
  done: (flow: Asked, what: 'paired' | 'phoneLinked') => Question;
  listed: (identifier: string) => boolean;
}

const CODE = '123456';
const IDENTIFIER = 'jana.koenig@gmail.com';
const MODULES = 41;
const phone = { phone: 'Firefox on Android', network: '203.0.113.0/24' };
const now = () => Math.floor(Date.now() / 1000);
const tick = () => new Promise((resolve) => setTimeout(resolve, 100));
const fail = (error: ErrorView): never => {
  throw error;
};

/** It looks like a QR code; no phone would read it. */
export function drawn(seed: number): string {
  let path = '';
  let state = seed || 1;
  const inside = (at: number) => at >= 4 && at < MODULES - 4;
  for (let y = 0; y < MODULES; y += 1) {
    for (let x = 0; x < MODULES; x += 1) {
      state = (state * 48271) % 2147483647;
      if (!inside(x) || !inside(y)) continue;
      const corner = [[4, 4], [30, 4], [4, 30]].find(([cx = 0, cy = 0]) => x >= cx - 1 && x < cx + 8 && y >= cy - 1 && y < cy + 8);
      const ring = corner ? Math.max(Math.abs(x - (corner[0] ?? 0) - 3), Math.abs(y - (corner[1] ?? 0) - 3)) : 0;
      if (corner ? ring === 3 || ring < 2 : state % 2 === 0) path += `M${x} ${y}h1v1h-1z`;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${MODULES} ${MODULES}" shape-rendering="crispEdges"><rect width="${MODULES}" height="${MODULES}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`;
}

export function phoneOf(query: URLSearchParams, world: World) {
  const acts = query.get('phone');
  const scansIn = Number(query.get('scan') ?? 3);
  /** Since when the question stands, and whether the network was away at it. */
  const since = new Map<number, { at: number; away: boolean }>();

  const qr = (flow: Pick<Asked, 'intent' | 'server'>, renewals: number, validUntil: number): Question => {
    const link = flow.intent === 'linkPhone';
    const view: QrView = {
      svg: drawn(now()), smallestSide: Number(query.get('side') ?? 328),
      address: `${flow.server.host}/${link ? 'link' : 'device'}`, letters: 'BCDFG-HJKLM',
      shownAt: now(), renewsAt: renewals > 0 ? now() + Number(query.get('renew') ?? 50) : null, validUntil,
      guarded: flow.server.kind === 'recoveryServer', reach: link ? null : flow.server.abilities.pair,
    };
    return { kind: 'scanQr', ...view };
  };
  const turn = (id: number, flow: Asked, question: Question) => {
    since.set(id, { at: Date.now(), away: false });
    flow.question = question;
  };
  const arrived = (flow: Asked): Question => ({
    kind: 'confirmAccount', identifier: IDENTIFIER, mailbox: 'j•••@gmail.com', reach: flow.server.abilities.pair ?? 'full',
    weakUntil: flow.server.kind === 'recoveryServer' ? now() + 86_400 : null, listed: world.listed(IDENTIFIER),
  });

  /** Whether the question has moved on. */
  function moved(id: number, flow: Asked, waited: number): boolean {
    const { question } = flow;
    if (question.kind === 'scanQr') {
      if (acts === 'expires' && waited > 3) {
        world.end(id);
        fail({ kind: 'expired' });
      }
      if (acts !== 'never' && acts !== 'expires' && waited > scansIn) {
        if (flow.intent === 'linkPhone') turn(id, flow, { kind: 'showCode', code: '048213', ...phone, validUntil: now() + 180 });
        else if (question.guarded) turn(id, flow, { kind: 'confirmCode', digits: 6, scannedAt: now(), validUntil: now() + 180, triesLeft: null });
        else turn(id, flow, arrived(flow));
        return true;
      }
      if (question.renewsAt === null || question.renewsAt > now() - 1) return false;
      flow.question = qr(flow, 1, question.validUntil);
      return true;
    }
    if (waited < 3) return false;
    if (acts === 'refuses') {
      world.end(id);
      fail({ kind: 'refused' });
    }
    turn(id, flow, question.kind === 'showCode' ? { kind: 'allowPhone', ...phone, saved: query.has('saved') } : arrived(flow));
    return true;
  }

  async function wait(id: number): Promise<ProblemView | null> {
    for (;;) {
      await tick();
      const flow = world.flow(id);
      const began = since.get(id) ?? { at: Date.now(), away: false };
      const waited = (Date.now() - began.at) / 1000;
      if (acts === 'away' && waited > 1 && waited < 5 && !began.away) {
        since.set(id, { ...began, away: true });
        return { kind: 'stillTrying' };
      }
      if (acts === 'away' && waited < 5) continue;
      if (moved(id, flow, waited)) return null;
    }
  }

  return {
    begin(id: number, flow: Pick<Asked, 'intent' | 'server'>): Question {
      if (flow.intent === 'linkPhone' && query.has('weak')) fail({ kind: 'tooNew', wait: 19 * 3600 });
      since.set(id, { at: Date.now(), away: false });
      return qr(flow, 5, now() + 300);
    },
    /** What a phone has to do with; whether the answer was one of these. */
    async answer(id: number, flow: Asked, given: AnswerForm): Promise<{ problem: ProblemView | null } | null> {
      const { question } = flow;
      if (given.kind === 'wait') return { problem: await wait(id) };
      if (given.kind === 'yes' && question.kind === 'confirmAccount') {
        flow.identifier = question.identifier;
        flow.question = world.done(flow, 'paired');
        return { problem: null };
      }
      if (given.kind === 'code' && question.kind === 'confirmCode') {
        if (given.code === CODE) {
          turn(id, flow, { kind: 'waitForPhone', validUntil: now() + 180 });
          return { problem: null };
        }
        const triesLeft = (question.triesLeft ?? 3) - 1;
        if (triesLeft === 0) {
          world.end(id);
          fail({ kind: 'refused' });
        }
        flow.question = { ...question, triesLeft };
        return { problem: { kind: 'wrongCode' } };
      }
      if (question.kind !== 'allowPhone') return null;
      if (given.kind === 'saved') return { problem: { kind: 'noPasswordFits' } };
      if (given.kind !== 'password') return null;
      if (given.password !== 'right') return { problem: { kind: 'wrongPassword' } };
      flow.question = world.done(flow, 'phoneLinked');
      return { problem: null };
    },
  };
}
