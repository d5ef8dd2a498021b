import { type Commands, type ErrorView, type Moved, Trouble, type WeakReason } from './bridge';

type MakingCommands = Pick<
  Commands,
  'beginVault' | 'newVaultKey' | 'finishVault' | 'confirmVaultKey' | 'cancelVault' | 'copyVaultKey'
>;

export type MakingStep = 'create' | 'key' | 'ready';
export type VaultProblem = { kind: 'weakPassword'; reasons: WeakReason[] } | { kind: 'mismatch' };

/** Making a vault, or a new recovery key for it. It holds the key only while it is shown, and no password at all. */
export class Making {
  step = $state<MakingStep | null>(null);
  purpose = $state<'vault' | 'key'>('vault');
  key = $state.raw<{ groups: string[]; ask: number } | null>(null);
  problem = $state.raw<VaultProblem | null>(null);
  error = $state.raw<ErrorView | null>(null);
  moved = $state.raw<Moved | null>(null);
  here = $state(false);
  busy = $state(false);
  /** Grows with every group that was typed wrong. */
  wrong = $state(0);
  /** Grows with every turn; an answer that comes too late finds another number. */
  #turn = 0;

  constructor(
    private readonly commands: MakingCommands,
    private readonly made: () => Promise<void>,
    private readonly renewed: () => void,
  ) {}

  /** The group before the one that is asked for. */
  get hint(): string {
    return this.key?.groups[this.key.ask - 1] ?? '';
  }

  open(): void {
    this.reset();
    this.purpose = 'vault';
    this.step = 'create';
  }

  /** Resolves to whether the password was judged, good or bad. */
  async begin(password: string, repeat: string): Promise<boolean> {
    return this.#working(async (alive) => {
      const begun = await this.commands.beginVault(password, repeat);
      if (!alive()) return void this.commands.cancelVault();
      if (begun.kind !== 'key') {
        this.problem = begun;
        return;
      }
      this.#show(begun);
    });
  }

  async renew(current: string): Promise<boolean> {
    return this.#working(async (alive) => {
      const begun = await this.commands.newVaultKey(current);
      if (!alive()) return void this.commands.cancelVault();
      if (begun.kind !== 'key') throw new Trouble({ kind: 'bug' });
      this.purpose = 'key';
      this.#show(begun);
    });
  }

  /** The group that was typed back. */
  async confirm(group: string): Promise<boolean> {
    return this.#working(async (alive) => {
      if (this.purpose === 'key') {
        const right = await this.commands.confirmVaultKey(group);
        if (!alive()) return;
        if (!right) {
          this.wrong += 1;
          return;
        }
        this.#clear();
        this.renewed();
        return;
      }
      const finished = await this.commands.finishVault(group, this.here);
      if (finished.kind === 'made') await this.made();
      if (!alive()) return;
      if (finished.kind === 'wrongGroup') {
        this.wrong += 1;
        return;
      }
      this.moved = finished.moved;
      this.key = null;
      this.step = 'ready';
    });
  }

  /** One step back; the key that was shown is worth nothing then. */
  back(): void {
    if (this.step !== 'key' || this.purpose === 'key') return this.reset();
    this.reset();
    this.step = 'create';
  }

  /** Forgets all of it; Rust is told where it holds a draft. */
  reset(): void {
    if (this.busy || this.step === 'key') void this.commands.cancelVault();
    this.#clear();
  }

  #show({ groups, ask }: { groups: string[]; ask: number }): void {
    this.key = { groups, ask };
    this.wrong = 0;
    this.step = 'key';
  }

  #clear(): void {
    this.#turn += 1;
    this.step = null;
    this.key = null;
    this.problem = null;
    this.error = null;
    this.moved = null;
    this.here = false;
    this.busy = false;
    this.wrong = 0;
  }

  async #working(run: (alive: () => boolean) => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    const turn = ++this.#turn;
    const alive = () => turn === this.#turn;
    this.busy = true;
    this.problem = null;
    this.error = null;
    try {
      await run(alive);
      return true;
    } catch (thrown) {
      if (alive()) this.error = thrown instanceof Trouble ? thrown.view : { kind: 'bug' };
      return false;
    } finally {
      if (alive()) this.busy = false;
    }
  }
}
