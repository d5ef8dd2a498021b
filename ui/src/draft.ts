import type { AccountDraft } from './bridge';

const PAUSE_MS = 500;

/** Keeps what is being typed: saved at every pause, and at once when the window locks or the page is left. */
export class Drafts {
  #waiting: { account: string; draft: AccountDraft } | null = null;
  #saving: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly save: (account: string, draft: AccountDraft) => Promise<unknown>,
    private readonly failed: (thrown: unknown) => void,
  ) {}

  typed(account: string, draft: AccountDraft): void {
    this.#waiting = { account, draft };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Saves now what waits, and waits for what is being saved. */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.forget();
    if (waiting) this.#saving = this.#keep(waiting.account, waiting.draft);
    await this.#saving;
  }

  /** What waits is saved another way, or not wanted. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#waiting = null;
  }

  async #keep(account: string, draft: AccountDraft): Promise<void> {
    try {
      await this.save(account, draft);
    } catch (thrown) {
      this.failed(thrown);
    }
  }
}
