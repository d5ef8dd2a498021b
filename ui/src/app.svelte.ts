import {
  type AccountRow,
  bridge,
  type Copied,
  type ErrorView,
  type PracticeView,
  type ServerView,
  type Settings,
  type StoreKind,
  type StoreView,
  type System,
  Trouble,
} from './bridge';
import { type Exit, Flow } from './flow.svelte';
import { i18n } from './i18n/index.svelte';
import type { ScreenName } from './testids';

/** The rooms of the window, beside the conversation. */
export type Room =
  | { name: 'accounts' }
  | { name: 'account'; id: string }
  | { name: 'settings' }
  | { name: 'add' }
  | { name: 'server' }
  | { name: 'practice' };

const DEFAULTS: Settings = {
  theme: 'system',
  language: 'system',
  store: 'keychain',
  lockAfterMinutes: 5,
  clearClipboardSeconds: 30,
};

class App {
  ready = $state(false);
  firstStart = $state(false);
  version = $state('');
  system = $state<System>('linux');
  settings = $state.raw<Settings>(DEFAULTS);
  store = $state.raw<StoreView>({ kind: 'keychain', state: 'ready' });
  room = $state.raw<Room>({ name: 'accounts' });
  accounts = $state.raw<AccountRow[] | null>(null);
  accountsError = $state.raw<ErrorView | null>(null);
  /** What went wrong outside a conversation, shown in the room that is open. */
  error = $state.raw<ErrorView | null>(null);
  /** The server that was found by its address. */
  found = $state.raw<ServerView | null>(null);
  practice = $state.raw<PracticeView | null>(null);
  locked = $state(false);
  /** When and after how many idle minutes it locked by itself; null when the person did it. */
  lockedAway = $state.raw<{ at: number; minutes: number } | null>(null);
  /** Milliseconds since 1970 when the copied secret leaves the clipboard. */
  copiedUntil = $state<number | null>(null);
  help = $state(false);
  announcement = $state('');
  unlocking = $state(false);

  readonly flow = new Flow(bridge, (exit) => this.#exit(exit));

  readonly screen: ScreenName = $derived(this.#screen());

  async start(): Promise<void> {
    const start = await bridge.start();
    this.firstStart = start.firstStart;
    this.version = start.version;
    this.system = start.system;
    this.store = start.store;
    this.#apply(start.settings);
    if (start.practice) this.room = { name: 'practice' };
    this.ready = true;
    if (!start.firstStart) await this.loadAccounts();
  }

  go(room: Room): void {
    this.error = null;
    this.room = room;
    if (room.name !== 'server') this.found = null;
    if (room.name === 'accounts') void this.loadAccounts();
  }

  async loadAccounts(): Promise<void> {
    try {
      this.accounts = await bridge.accounts();
      this.accountsError = null;
    } catch (thrown) {
      this.accountsError = errorIn(thrown);
      this.accounts ??= [];
    }
    this.store = await bridge.storeState();
  }

  /** Saves a change at once; what cannot be saved is shown and not kept. */
  async change(part: Partial<Settings>): Promise<void> {
    const before = this.settings;
    this.error = null;
    this.#apply({ ...before, ...part });
    try {
      this.#apply(await bridge.saveSettings({ ...before, ...part }));
    } catch (thrown) {
      this.#apply(before);
      this.error = errorIn(thrown);
    }
  }

  /** Resolves to whether the store could be chosen. */
  async chooseStore(kind: StoreKind): Promise<boolean> {
    this.error = null;
    try {
      this.store = await bridge.chooseStore(kind);
      this.settings = { ...this.settings, store: kind };
      return true;
    } catch (thrown) {
      this.error = errorIn(thrown);
      this.store = await bridge.storeState();
      return false;
    }
  }

  async lookAtStore(): Promise<void> {
    this.store = await bridge.storeState();
  }

  /** Asks the keychain to open; it shows its own question. */
  async unlockStore(): Promise<boolean> {
    if (this.unlocking) return false;
    this.unlocking = true;
    this.error = null;
    try {
      this.store = await bridge.unlockStore();
      if (this.store.state === 'ready') {
        this.flow.clearError();
        await this.loadAccounts();
      }
      return this.store.state === 'ready';
    } catch (thrown) {
      this.error = errorIn(thrown);
      return false;
    } finally {
      this.unlocking = false;
    }
  }

  async lock(away: { at: number; minutes: number } | null = null): Promise<void> {
    if (this.locked || this.firstStart || !this.ready) return;
    this.locked = true;
    this.lockedAway = away;
    this.help = false;
    this.copiedUntil = null;
    this.flow.reset();
    this.go({ name: 'accounts' });
    await bridge.lock();
  }

  async unlock(): Promise<void> {
    if (this.unlocking) return;
    this.unlocking = true;
    this.error = null;
    try {
      this.store = await bridge.unlock();
      if (this.store.state === 'locked' || this.store.state === 'dismissed') {
        this.error = { kind: this.store.state };
        return;
      }
      this.locked = false;
      await this.loadAccounts();
    } catch (thrown) {
      this.error = errorIn(thrown);
    } finally {
      this.unlocking = false;
    }
  }

  copied({ clearIn }: Copied): void {
    this.copiedUntil = Date.now() + clearIn * 1000;
  }

  async clearClipboard(): Promise<void> {
    this.copiedUntil = null;
    try {
      await bridge.clearClipboard();
      this.announce(i18n.t.toast.cleared);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Shows an error where the person is: in the conversation, else in the room. */
  fail(thrown: unknown): void {
    if (this.flow.stage) this.flow.error = errorIn(thrown);
    else this.error = errorIn(thrown);
  }

  announce(text: string): void {
    this.announcement = text;
  }

  /** Esc and Alt+←. */
  back(): void {
    if (this.locked || this.firstStart) return;
    if (this.flow.stage) {
      if (this.flow.view?.question.kind === 'done') this.flow.finish();
      else this.flow.back();
      return;
    }
    switch (this.room.name) {
      case 'server':
      case 'practice':
        return this.go({ name: 'add' });
      case 'add':
      case 'account':
      case 'settings':
        return this.go({ name: 'accounts' });
      case 'accounts':
        return;
    }
  }

  #screen(): ScreenName {
    if (!this.ready) return 'starting';
    if (this.locked) return 'lock';
    if (this.firstStart) return 'first-start';
    const { stage, panel } = this.flow;
    if (!stage) return this.room.name;
    if (stage.kind === 'signIn') return 'sign-in';
    if (stage.kind === 'identifier') return 'identifier';
    const { question } = stage.view;
    switch (question.kind) {
      case 'password':
        return question.purpose === 'signIn' ? 'sign-in' : 'current-password';
      case 'code':
        if (panel === 'ways') return 'ways';
        return question.purpose === 'secondFactor' ? 'second-factor' : 'code';
      case 'newPassword':
        return 'new-password';
      case 'done':
        return 'done';
    }
  }

  #exit(exit: Exit): void {
    if (exit.to === 'account') {
      this.go({ name: 'account', id: exit.id });
      this.error = exit.error;
    } else if (this.room.name === 'account' && exit.to !== 'accounts') {
      this.go(this.room);
    } else if (exit.to === 'origin' && (this.room.name === 'server' || this.room.name === 'practice')) {
      this.go(this.room);
    } else {
      this.go({ name: 'accounts' });
    }
  }

  #apply(settings: Settings): void {
    this.settings = settings;
    i18n.choose(settings.language);
    const { dataset } = document.documentElement;
    if (settings.theme === 'system') delete dataset.theme;
    else dataset.theme = settings.theme;
  }
}

export function errorIn(thrown: unknown): ErrorView {
  return thrown instanceof Trouble ? thrown.view : { kind: 'bug' };
}

export const app = new App();
export const flow = app.flow;
