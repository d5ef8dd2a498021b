import {
  type Abilities,
  type AccountPage,
  type AnswerForm,
  type Commands,
  type ErrorView,
  type IntentKind,
  type Question,
  type ServerView,
  type SettingChange,
  type Target,
  Trouble,
  type View,
  type Way,
} from './bridge';
import type { Texts } from './i18n/guide';

type FlowCommands = Pick<Commands, 'begin' | 'answer' | 'look' | 'cancel'>;

/** What a conversation is about, known before it begins. */
export interface Entry {
  target: Target;
  name: string;
  host: string;
  practice: boolean;
  abilities: Abilities;
  /** A listed account knows its own identifier. */
  account: string | null;
  /** A password for it rests in the store. */
  saved: boolean;
  /** Recovery wants the address of its mailbox, and nobody has said it yet. */
  asksMailbox: boolean;
}

/** The two forms that come before the first question, then whatever is asked; with a phone, it may come to nothing. */
export type Stage =
  | { kind: 'signIn' }
  | { kind: 'identifier' }
  | { kind: 'asked'; view: View }
  | { kind: 'over'; intent: IntentKind; why: ErrorView };

export type Panel = 'doctor' | 'ways' | 'mailbox';

/** Which button is at work. */
export type Work = 'begin' | 'answer' | 'saved' | 'resend' | 'way' | 'findOut' | 'unlock' | 'phone';

/** Where the window goes when a conversation is over. */
export type Exit =
  | { to: 'origin' | 'cancelled' | 'accounts' }
  | { to: 'account' | 'recovery'; id: string; error: ErrorView | null };

/** While the network is away, Regain tries again this often. */
const RETRY_MS = 5000;

const errorIn = (thrown: unknown): ErrorView => (thrown instanceof Trouble ? thrown.view : { kind: 'bug' });

/** The conversation is over on the other side. */
const ENDING: ErrorView['kind'][] = ['expired', 'refused', 'gone', 'taken', 'otherDomain', 'overtaken', 'tooWeakAlone'];

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Questions that the phone answers: the window has only to wait. */
const isWaitedFor = ({ kind }: Question): boolean =>
  kind === 'scanQr' || kind === 'waitForPhone' || kind === 'showCode';

/** Goes away by itself; the phone's question is still there when it has. */
export const passes = ({ kind }: ErrorView): boolean => kind === 'offline' || kind === 'serverTrouble';

export const entryOfServer = (server: ServerView): Entry => ({
  target: { kind: 'server', address: server.address, server: server.kind },
  name: server.name,
  host: server.host,
  practice: server.practice,
  abilities: server.abilities,
  account: null,
  saved: false,
  asksMailbox: server.abilities.recoverByMailbox,
});

export const entryOfAccount = (page: AccountPage): Entry => ({
  target: { kind: 'account', id: page.account.id },
  name: page.account.name,
  host: page.account.server,
  practice: page.account.practice,
  abilities: page.abilities,
  account: page.account.id,
  saved: page.password !== null,
  asksMailbox: page.asksMailbox,
});

/** The one conversation. It holds the current question and nothing that is being typed. */
export class Flow {
  entry = $state.raw<Entry | null>(null);
  stage = $state.raw<Stage | null>(null);
  error = $state.raw<ErrorView | null>(null);
  panel = $state<Panel | null>(null);
  work = $state<Work | null>(null);
  /** What the form that asks for an address or a name is for. */
  asksFor = $state<'recover' | 'signUp'>('recover');
  identifier = $state('');
  /** Milliseconds since 1970 when a new code may be asked for. */
  resendAt = $state<number | null>(null);
  /** A new code was sent while this question stood. */
  resent = $state(false);
  /** The phone shows a code that is typed here; told by the QR code that is or was on the screen. */
  guarded = $state(true);
  /** The authenticator that was handed out is kept here. */
  keptHere = $state(false);
  /** Steps of the guide that is walked, and the current one. */
  walk = $state.raw<{ steps: Texts[]; at: number } | null>(null);
  /** The exchange that is waited for. */
  #attended: number | null = null;
  /** Where the conversation began; "forgotten" from an account page has no sign-in form to go back to. */
  #first: Stage['kind'] = 'signIn';
  /** Grows with every turn; an answer that comes too late finds another number. */
  #turn = 0;

  constructor(
    private readonly commands: FlowCommands,
    private readonly leave: (exit: Exit) => void,
    private readonly now: () => number = Date.now,
    private readonly pause: (ms: number) => Promise<void> = sleep,
  ) {}

  get view(): View | null {
    return this.stage?.kind === 'asked' ? this.stage.view : null;
  }

  get busy(): boolean {
    return this.work !== null;
  }

  /** The intent of the running or coming conversation. */
  get intent(): IntentKind {
    if (this.view) return this.view.intent;
    if (this.stage?.kind === 'over') return this.stage.intent;
    return this.stage?.kind === 'identifier' ? this.asksFor : 'signIn';
  }

  openSignIn(entry: Entry, identifier: string): void {
    this.#open(entry, identifier, { kind: 'signIn' });
  }

  openIdentifier(entry: Entry, identifier: string, asksFor: 'recover' | 'signUp' = 'recover'): void {
    this.asksFor = asksFor;
    this.#open(entry, identifier, { kind: 'identifier' });
  }

  /** Begins at once: the account knows who it is. Resolves when the first question stands, or throws. */
  async openAccount(
    entry: Entry,
    identifier: string,
    intent: Exclude<IntentKind, 'signIn'>,
    change: SettingChange | null = null,
  ): Promise<void> {
    const turn = ++this.#turn;
    const view = await this.commands.begin({ target: entry.target, intent, identifier: null, change });
    if (turn !== this.#turn) {
      void this.commands.cancel(view.flow);
      return;
    }
    this.#open(entry, identifier, { kind: 'asked', view });
    this.#show(view);
  }

  /** "Forgot your password?": the identifier is carried over. */
  forgot(identifier: string): void {
    this.#drop();
    this.identifier = identifier;
    this.asksFor = 'recover';
    this.stage = { kind: 'identifier' };
  }

  /** Signs in with a typed password, or with the saved one. Resolves to whether the password was judged. */
  async signIn(identifier: string, password: string | null): Promise<boolean> {
    this.identifier = identifier;
    return this.#working(password === null ? 'saved' : 'begin', async (alive) => {
      let view = this.view;
      if (view?.question.kind !== 'password' || view.identifier !== identifier) {
        if (view) void this.commands.cancel(view.flow);
        view = await this.commands.begin(this.#form('signIn', identifier));
        if (!alive()) return void this.commands.cancel(view.flow);
        if (view.question.kind !== 'password') return this.#show(view);
        this.stage = { kind: 'asked', view };
      }
      const answer: AnswerForm = password === null ? { kind: 'saved' } : { kind: 'password', password };
      const next = await this.commands.answer(view.flow, answer);
      if (alive()) this.#show(next);
    });
  }

  /** "Sign in with your phone": the phone says who it is. Also begins again what came to nothing. */
  async withPhone(): Promise<boolean> {
    const intent = this.intent === 'linkPhone' ? 'linkPhone' : 'pair';
    return this.#working('phone', async (alive) => {
      const { view } = this;
      this.#attended = null;
      if (view) void this.commands.cancel(view.flow);
      if (view?.intent === 'signIn') this.stage = { kind: 'signIn' };
      try {
        const next = await this.commands.begin({ ...this.#form(intent, ''), identifier: null });
        if (!alive()) return void this.commands.cancel(next.flow);
        this.#show(next);
      } catch (thrown) {
        // The code on the screen is dead by now.
        if (alive() && this.view) this.stage = { kind: 'over', intent, why: errorIn(thrown) };
        throw thrown;
      }
    });
  }

  /** Rather by password, when the phone didn't help. */
  byPassword(): void {
    this.#drop();
    this.stage = { kind: 'signIn' };
  }

  /** "Send me a code". */
  async sendCode(identifier: string): Promise<boolean> {
    this.identifier = identifier;
    return this.#working('begin', async (alive) => {
      const view = await this.commands.begin(this.#form(this.asksFor, identifier));
      if (!alive()) return void this.commands.cancel(view.flow);
      this.#show(view);
    });
  }

  /** Answers the current question. Resolves to whether the answer was judged, right or wrong. */
  async answer(answer: AnswerForm, work: Work = 'answer'): Promise<boolean> {
    const flow = this.view?.flow;
    if (flow === undefined) return false;
    this.keptHere = answer.kind === 'keep';
    return this.#working(work, async (alive) => {
      const view = await this.commands.answer(flow, answer);
      if (alive()) this.#show(view);
    });
  }

  async resend(): Promise<boolean> {
    const sent = await this.answer({ kind: 'resend' }, 'resend');
    this.resent = sent && this.view?.problem === null;
    return this.resent;
  }

  async otherWay(way: Way): Promise<void> {
    if (await this.answer({ kind: 'otherWay', way }, 'way')) this.panel = null;
  }

  /** The question as it stands now; used when its time may have run out. */
  async look(): Promise<void> {
    const flow = this.view?.flow;
    if (flow === undefined || this.busy) return;
    await this.#working('answer', async (alive) => {
      const view = await this.commands.look(flow);
      if (alive()) this.#show(view, this.error);
    });
  }

  /** One step back. What is open on top closes first. */
  back(): void {
    if (this.panel) {
      this.panel = null;
      return;
    }
    switch (this.backTo) {
      case 'signIn':
        this.#drop();
        this.stage = { kind: 'signIn' };
        return;
      case 'identifier':
        this.#drop();
        this.stage = { kind: 'identifier' };
        return;
      case 'addresses':
        void this.otherWay('otherAddress');
        return;
      case 'qr':
        void this.withPhone();
        return;
      case 'step':
        void this.answer({ kind: 'stepBack' });
        return;
      case 'origin':
        this.#end();
        this.leave({ to: 'origin' });
        return;
      case null:
        return;
    }
  }

  /** Where Back leads; null where there is no way back without losing something. */
  get backTo(): 'signIn' | 'identifier' | 'addresses' | 'qr' | 'step' | 'origin' | null {
    const { stage } = this;
    if (!stage) return null;
    if (stage.kind === 'signIn') return 'origin';
    if (stage.kind === 'identifier') return this.#first === 'signIn' ? 'signIn' : 'origin';
    const first = this.#first === 'signIn' ? 'signIn' : 'origin';
    if (stage.kind === 'over') return first;
    const { question, intent } = stage.view;
    if (question.kind === 'done') return null;
    if (stage.view.server.abilities.guided) return this.#backInGuide(question, intent);
    if (question.kind === 'scanQr') return first;
    // What was scanned cannot be scanned again: back is to a new code.
    if (question.kind === 'confirmCode' || question.kind === 'waitForPhone' || question.kind === 'showCode') return 'qr';
    if (intent === 'changePassword' || intent === 'changeRecovery') return 'origin';
    if (intent === 'signIn') return question.kind === 'code' ? 'signIn' : 'origin';
    if (question.kind === 'confirmAddress') return 'addresses';
    if (question.kind === 'chooseAddress' || (question.kind === 'code' && question.purpose !== 'secondFactor')) {
      return this.#first === 'asked' ? 'origin' : 'identifier';
    }
    return null;
  }

  /** What was shown to be set on a page is judged before anything else. */
  #backInGuide(question: Question, intent: IntentKind): 'signIn' | 'identifier' | 'step' | 'origin' {
    if (question.kind === 'newPassword' || (question.kind === 'guide' && question.at > 0)) return 'step';
    if (this.#first === 'asked' || question.kind === 'setPassword') return 'origin';
    return intent === 'recover' ? 'identifier' : question.kind === 'password' ? 'origin' : 'signIn';
  }

  cancel(): void {
    this.#end();
    this.leave({ to: 'cancelled' });
  }

  /** After the last question. */
  finish(): void {
    const { entry, intent } = this;
    this.#end();
    if (intent === 'changeRecovery' && entry?.account) {
      this.leave({ to: 'recovery', id: entry.account, error: null });
      return;
    }
    this.leave({ to: 'accounts' });
  }

  /** After the last question, to the account that it was about. */
  finishAt(account: string): void {
    this.#end();
    this.leave({ to: 'account', id: account, error: null });
  }

  /** Forgets the conversation; Rust has dropped it already, or is told so. */
  reset(): void {
    this.#end();
  }

  /** What kept from waiting for the phone may be mended, too. */
  clearError(): void {
    this.error = null;
    void this.#attend();
  }

  #open(entry: Entry, identifier: string, stage: Stage): void {
    this.#drop();
    this.entry = entry;
    this.identifier = identifier;
    this.stage = stage;
    this.#first = stage.kind;
  }

  #form(intent: IntentKind, identifier: string) {
    const { entry } = this;
    if (!entry) throw new Trouble({ kind: 'gone' });
    const given = entry.account === null || (intent === 'recover' && entry.asksMailbox);
    return { target: entry.target, intent, identifier: given ? identifier : null, change: null };
  }

  async #working(work: Work, run: (alive: () => boolean) => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    const turn = ++this.#turn;
    const alive = () => turn === this.#turn;
    this.work = work;
    try {
      await run(alive);
      return true;
    } catch (thrown) {
      if (alive()) await this.#fail(errorIn(thrown), alive);
      return false;
    } finally {
      if (alive()) this.work = null;
    }
  }

  /** Waits for what the phone does, as long as it is the phone's turn. Never twice at once. */
  async #attend(): Promise<void> {
    const flow = this.view?.flow;
    if (flow === undefined || this.#attended === flow) return;
    this.#attended = flow;
    const here = () => this.#attended === flow;
    while (here() && this.view && isWaitedFor(this.view.question)) {
      try {
        const next = await this.commands.answer(flow, { kind: 'wait' });
        if (here()) this.#show(next);
      } catch (thrown) {
        // Left meanwhile: nobody is waiting for the answer any more.
        if (!here()) return;
        const error = errorIn(thrown);
        if (passes(error)) {
          this.error = error;
          await this.pause(RETRY_MS);
          continue;
        }
        this.#attended = null;
        await this.#fail(error, () => this.view?.flow === flow);
      }
    }
    if (here()) this.#attended = null;
  }

  #show(view: View, error: ErrorView | null = null): void {
    const before = this.view;
    this.error = error;
    if (view.identifier !== '') this.identifier = view.identifier;
    const { question } = view;
    const resendIn = question.kind === 'code' || question.kind === 'guide' ? question.resendIn : null;
    this.resendAt = resendIn === null ? null : this.now() + resendIn * 1000;
    if (before?.question.kind !== question.kind || before.flow !== view.flow) {
      this.panel = null;
      this.resent = false;
    }
    if (question.kind === 'scanQr') this.guarded = question.guarded;
    if (question.kind === 'guide' || question.kind === 'setPassword') this.walk = question;
    else if (question.kind === 'newPassword' && this.walk) this.walk = { ...this.walk, at: this.walk.steps.length - 1 };
    else if (question.kind !== 'done') this.walk = null;
    this.stage = { kind: 'asked', view };
    if (isWaitedFor(question)) void this.#attend();
  }

  async #fail(error: ErrorView, alive: () => boolean): Promise<void> {
    this.error = error;
    const { view } = this;
    if (!view) return;
    if (ENDING.includes(error.kind)) {
      this.#startAgain(error, view);
    } else if (error.kind === 'outcomeUnknown') {
      try {
        const now = await this.commands.look(view.flow);
        if (alive()) this.#show(now, error);
      } catch {
        // The words on the screen stay right: whether the change happened is not known.
      }
    }
  }

  /** The flow has ended on the other side: back to its first form, with the words for it. */
  #startAgain(error: ErrorView, view: View): void {
    const { entry } = this;
    if ((view.intent === 'changePassword' || view.intent === 'changeRecovery') && entry?.account) {
      this.#end();
      this.leave({ to: view.intent === 'changePassword' ? 'account' : 'recovery', id: entry.account, error });
      return;
    }
    this.#drop();
    if (view.intent === 'pair' || view.intent === 'linkPhone') {
      this.stage = { kind: 'over', intent: view.intent, why: error };
      return;
    }
    this.asksFor = view.intent === 'signUp' ? 'signUp' : 'recover';
    this.stage = view.intent === 'signIn' ? { kind: 'signIn' } : { kind: 'identifier' };
    this.error = error;
  }

  /** Ends the running exchange and forgets its question. */
  #drop(): void {
    const { view } = this;
    this.#turn += 1;
    this.#attended = null;
    if (view) void this.commands.cancel(view.flow);
    this.stage = null;
    this.error = null;
    this.panel = null;
    this.work = null;
    this.resendAt = null;
    this.resent = false;
    this.walk = null;
  }

  #end(): void {
    this.#drop();
    this.entry = null;
    this.identifier = '';
    this.guarded = true;
  }
}
