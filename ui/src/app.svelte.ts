import {
  type AccountRow,
  bridge,
  type Copied,
  type ErrorView,
  type HealthView,
  onTrouble,
  type PracticeView,
  type ResolvedView,
  type FoundView,
  type SiteView,
  type Settings,
  type StoreKind,
  type StoreView,
  type System,
  Trouble,
  type Unlocked,
  type UnlockForm,
  type VaultView,
} from './bridge';
import { Drafts } from './draft';
import { entryOfServer, type Exit, Flow } from './flow.svelte';
import { i18n } from './i18n/index.svelte';
import type { TwoLines } from './i18n/words';
import { Making } from './making.svelte';
import { merged } from './resolved';
import { screenOf } from './screen';
import type { ScreenName } from './testids';

/** The rooms of the window, beside the conversation. */
export type Room =
  | { name: 'accounts' }
  | { name: 'account'; id: string; at?: 'ways' }
  | { name: 'ways-back' }
  | { name: 'recovery-settings'; id: string }
  | { name: 'settings' }
  | { name: 'backups' }
  | { name: 'changes' }
  | { name: 'vault-password' }
  | { name: 'vault-new-key' }
  | { name: 'add' }
  | { name: 'server' }
  | { name: 'website' }
  | { name: 'practice' };

const DEFAULTS: Settings = {
  theme: 'system',
  language: 'system',
  store: 'keychain',
  lockAfterMinutes: 5,
  clearClipboardSeconds: 30,
};

const NO_VAULT: VaultView = {
  exists: false,
  open: false,
  lockedAt: null,
  onThisComputer: false,
  made: 0,
  wait: null,
};

/** What the vault's lock screen shows: the password, the recovery key, or a password made meanwhile. */
export type LockView = 'password' | 'recovery' | 'make';

const LOCK_SCREENS = {
  password: 'vault-lock',
  recovery: 'vault-recovery',
  make: 'vault-make',
} as const satisfies Record<LockView, ScreenName>;

/** How long the list of accounts waits for what is known of its passwords. */
const HEALTH_MS = 200;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class App {
  ready = $state(false);
  firstStart = $state(false);
  version = $state('');
  system = $state<System>('linux');
  settings = $state.raw<Settings>(DEFAULTS);
  store = $state.raw<StoreView>({ kind: 'keychain', state: 'ready' });
  vault = $state.raw<VaultView>(NO_VAULT);
  /** Milliseconds since 1970 until which the vault takes no password. */
  waitUntil = $state<number | null>(null);
  lockView = $state<LockView>('password');
  /** The vault was chosen while it is locked: it opens first. */
  asking = $state(false);
  /** It was opened by recovery key: a new password comes before all else. */
  mustSet = $state(false);
  /** The last change was cut off. */
  torn = $state(false);
  /** Another copy of Regain has changed the vault. */
  elsewhere = $state(false);
  /** Changes whose answer was lost. */
  inTheAir = $state(0);
  /** What became of them. */
  resolved = $state.raw<ResolvedView[] | null>(null);
  /** Good news, shown in the room until the next step. */
  said = $state.raw<TwoLines | null>(null);
  room = $state.raw<Room>({ name: 'accounts' });
  accounts = $state.raw<AccountRow[] | null>(null);
  accountsError = $state.raw<ErrorView | null>(null);
  /** How the passwords are; null until they were looked at. */
  health = $state.raw<HealthView | null>(null);
  lookingUp = $state(false);
  /** What went wrong outside a conversation, shown in the room that is open. */
  error = $state.raw<ErrorView | null>(null);
  /** What was found behind what was typed, and what that was. */
  found = $state.raw<FoundView | null>(null);
  typedAddress = '';
  /** What was typed to find a website. */
  typedSite = '';
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
  readonly making = new Making(
    bridge,
    () => this.#vaultMade(),
    () => this.#keyRenewed(),
  );
  readonly drafts = new Drafts(
    (account, draft) => bridge.saveDraft(account, draft),
    (thrown) => this.fail(thrown),
  );
  /** Grows when the window locks: what was asked for before comes too late. */
  #turn = 0;

  /** Lost answers come before the rooms. */
  get finding(): boolean {
    return this.inTheAir > 0 || this.resolved !== null;
  }

  readonly screen: ScreenName = $derived(this.#screen());

  async start(): Promise<void> {
    onTrouble(({ kind }) => {
      if (kind === 'locked' && this.store.kind === 'vault') void this.#shutMeanwhile();
    });
    const start = await bridge.start();
    this.firstStart = start.firstStart;
    this.version = start.version;
    this.system = start.system;
    this.store = start.store;
    this.#apply(start.settings);
    this.inTheAir = start.inTheAir;
    this.#see(start.vault);
    if (start.practice) this.room = { name: 'practice' };
    this.locked = !start.firstStart && start.store.kind === 'vault' && !start.vault.open;
    this.ready = true;
    if (!start.firstStart && !this.locked) await this.loadAccounts();
  }

  go(room: Room): void {
    this.error = null;
    this.said = null;
    this.room = room;
    if (room.name !== 'server') this.found = null;
    if (room.name === 'accounts') void this.loadAccounts();
  }

  async loadAccounts(): Promise<void> {
    const turn = this.#turn;
    let accounts = this.accounts ?? [];
    let error: ErrorView | null = null;
    try {
      accounts = await bridge.accounts();
      // What it adds to the list comes with the list, unless it takes long: nothing moves under the pointer.
      if (this.store.state === 'ready') await Promise.race([this.loadHealth(), wait(HEALTH_MS)]);
    } catch (thrown) {
      error = errorIn(thrown);
    }
    if (turn !== this.#turn) return;
    this.accounts = accounts;
    this.accountsError = error;
    const store = await bridge.storeState();
    const elsewhere = store.kind === 'vault' && (await bridge.changedElsewhere());
    if (turn !== this.#turn) return;
    this.store = store;
    this.elsewhere ||= elsewhere;
  }

  /** Looks at the passwords behind what is shown: a store that refuses says so elsewhere. */
  async loadHealth(): Promise<void> {
    const turn = this.#turn;
    try {
      const health = await bridge.health();
      if (turn === this.#turn) this.health = health;
    } catch {
      if (turn === this.#turn) this.health = null;
    }
  }

  /** Looks all passwords up in known leaks. */
  async checkLeaks(): Promise<void> {
    if (this.lookingUp) return;
    const turn = this.#turn;
    this.lookingUp = true;
    this.error = null;
    try {
      const health = await bridge.checkLeaks();
      if (turn === this.#turn) this.health = health;
    } catch (thrown) {
      if (turn === this.#turn) this.error = errorIn(thrown);
    } finally {
      this.lookingUp = false;
    }
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
      const { store, moved } = await bridge.chooseStore(kind);
      this.store = store;
      this.settings = { ...this.settings, store: kind };
      const { place } = i18n.t.vault;
      this.said = [place.now[kind], moved ? place.moved(moved.passwords, moved.accounts) : place.movedNone];
      if (this.vault.exists) await this.lookAtVault();
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

  /** To the vault: made first, opened first, or at once. Resolves to whether the passwords are there now. */
  async useVault(): Promise<boolean> {
    if (!this.vault.exists) {
      this.error = null;
      this.making.open();
      return false;
    }
    if (this.vault.open) return this.chooseStore('vault');
    this.error = null;
    this.lockView = 'password';
    this.asking = true;
    return false;
  }

  lockTo(view: LockView): void {
    this.error = null;
    this.lockView = view;
  }

  async lookAtVault(): Promise<void> {
    try {
      this.#see(await bridge.vaultState());
    } catch (thrown) {
      this.error = errorIn(thrown);
    }
  }

  /** Resolves to what came of it; null when nobody has judged it. */
  async unlockVault(form: UnlockForm, older = false): Promise<Unlocked['kind'] | null> {
    if (this.unlocking) return null;
    this.unlocking = true;
    this.error = null;
    try {
      const unlocked = await bridge.unlockVault(form, older);
      if (unlocked.kind === 'open') await this.#opened(unlocked);
      else if (unlocked.kind === 'wrong') this.#see({ ...this.vault, wait: unlocked.wait });
      return unlocked.kind;
    } catch (thrown) {
      this.error = errorIn(thrown);
      return null;
    } finally {
      this.unlocking = false;
    }
  }

  /** The new password after a recovery key is set. */
  async passwordSet(): Promise<void> {
    const { done } = i18n.t.vault.password;
    if (!this.mustSet) {
      this.go({ name: 'settings' });
      this.said = done;
      return;
    }
    this.mustSet = false;
    await this.#enter();
    this.said = done;
  }

  /** From the last step of making a vault. */
  vaultReady(): void {
    const first = this.firstStart;
    this.making.reset();
    this.firstStart = false;
    this.go(first ? this.room : { name: 'settings' });
  }

  /** Whether a key to the vault lies in this computer's keychain. */
  async openHere(on: boolean): Promise<void> {
    this.error = null;
    try {
      this.#see(await bridge.openOnThisComputer(on));
    } catch (thrown) {
      this.error = errorIn(thrown);
    }
  }

  /** Finds out what became of the changes whose answer was lost. */
  async resolve(): Promise<void> {
    const turn = this.#turn;
    const found = await bridge.resolve();
    // Locked meanwhile, or put off.
    if (turn !== this.#turn || !this.finding) return;
    this.resolved = merged(this.resolved ?? [], found);
    this.inTheAir = 0;
  }

  /** The person takes one of them in hand. */
  takeUp(account: string): void {
    const rest = (this.resolved ?? []).filter((one) => one.account !== account);
    this.resolved = rest.length > 0 ? rest : null;
  }

  /** Leaves the screen that says what became of lost answers. */
  airDone(): void {
    this.inTheAir = 0;
    this.resolved = null;
    this.go({ name: 'accounts' });
  }

  async lock(away: { at: number; minutes: number } | null = null): Promise<void> {
    if (this.locked || this.firstStart || !this.ready) return;
    this.locked = true;
    this.lockedAway = away;
    this.#empty();
    try {
      await this.drafts.flush();
      await bridge.lock();
      if (this.vault.exists) await this.lookAtVault();
    } catch (thrown) {
      this.error = errorIn(thrown);
    }
  }

  /** Locks whenever the computer is locked or falls asleep. */
  async watch(): Promise<void> {
    for (;;) {
      await bridge.away();
      await this.lock();
    }
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

  /** To a website: the sign-in form, or straight to the way back. */
  openSite({ server }: SiteView, lost: boolean): void {
    this.flow.openSignIn(entryOfServer(server), '');
    if (lost) this.flow.forgot('');
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
    if (this.locked || this.asking) {
      if (this.lockView !== 'password') this.lockView = 'password';
      else if (!this.locked) this.asking = false;
      this.error = null;
      return;
    }
    if (this.mustSet) return;
    if (this.making.step) {
      if (this.making.step === 'ready') this.vaultReady();
      // Made, although not all of it went well: another password would not be this vault's.
      else if (this.vault.exists) this.making.reset();
      else this.making.back();
      return;
    }
    if (this.firstStart) return;
    if (this.flow.stage) {
      if (this.flow.view?.question.kind === 'done') this.flow.finish();
      else this.flow.back();
      return;
    }
    if (this.finding) return;
    switch (this.room.name) {
      case 'backups':
      case 'vault-password':
      case 'vault-new-key':
        return this.go({ name: 'settings' });
      case 'recovery-settings':
        return this.go({ name: 'account', id: this.room.id });
      case 'server':
      case 'website':
      case 'practice':
        return this.go({ name: 'add' });
      case 'add':
      case 'account':
      case 'changes':
      case 'ways-back':
      case 'settings':
        return this.go({ name: 'accounts' });
      case 'accounts':
        return;
    }
  }

  #screen(): ScreenName {
    if (!this.ready) return 'starting';
    if (this.asking || (this.locked && this.store.kind === 'vault')) return LOCK_SCREENS[this.lockView];
    if (this.locked) return 'lock';
    if (this.mustSet) return 'vault-password';
    if (this.making.step) return `vault-${this.making.step}`;
    if (this.firstStart) return 'first-start';
    const { stage, panel } = this.flow;
    if (!stage) return this.finding ? 'in-the-air' : this.room.name;
    if (stage.kind === 'signIn') return 'sign-in';
    if (stage.kind === 'identifier') return 'identifier';
    if (stage.kind === 'over') return 'pairing-over';
    return screenOf(stage.view.question, panel);
  }

  /** Nothing that was read or typed stays behind. */
  #empty(): void {
    this.#turn += 1;
    this.flow.reset();
    this.making.reset();
    this.room = { name: 'accounts' };
    this.lockView = 'password';
    this.accounts = null;
    this.accountsError = null;
    this.health = null;
    this.resolved = null;
    this.found = null;
    this.practice = null;
    this.error = null;
    this.said = null;
    this.torn = false;
    this.elsewhere = false;
    this.mustSet = false;
    this.asking = false;
    this.help = false;
    this.copiedUntil = null;
    this.announcement = '';
  }

  #see(vault: VaultView): void {
    this.vault = vault;
    this.waitUntil = vault.wait ? Date.now() + vault.wait * 1000 : null;
  }

  async #opened(unlocked: Extract<Unlocked, { kind: 'open' }>): Promise<void> {
    this.#see(unlocked.vault);
    this.torn = unlocked.torn;
    this.lockView = 'password';
    if (this.asking) {
      this.asking = false;
      if (await this.chooseStore('vault')) this.firstStart = false;
    } else {
      this.store = unlocked.store;
      this.inTheAir = unlocked.inTheAir;
      this.locked = false;
    }
    this.mustSet = unlocked.forgotten;
    if (!this.mustSet) await this.#enter();
  }

  /** A keychain may be what is locked; a vault that was shut behind the window's back locks the window, too. */
  async #shutMeanwhile(): Promise<void> {
    if (this.locked) return;
    const vault = await bridge.vaultState();
    if (!vault.open) await this.lock();
  }

  /** Into the room behind the lock. */
  async #enter(): Promise<void> {
    if (this.room.name === 'accounts') await this.loadAccounts();
  }

  async #vaultMade(): Promise<void> {
    this.settings = { ...this.settings, store: 'vault' };
    this.store = await bridge.storeState();
    await this.lookAtVault();
  }

  #keyRenewed(): void {
    this.go({ name: 'settings' });
    this.said = i18n.t.vault.renew.done;
  }

  #exit(exit: Exit): void {
    if (exit.to === 'account' || exit.to === 'recovery') {
      this.go({ name: exit.to === 'account' ? 'account' : 'recovery-settings', id: exit.id });
      this.error = exit.error;
    } else if ((this.room.name === 'account' || this.room.name === 'recovery-settings') && exit.to !== 'accounts') {
      this.go(this.room);
    } else if (exit.to === 'origin' && (this.room.name === 'server' || this.room.name === 'website' || this.room.name === 'practice')) {
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
