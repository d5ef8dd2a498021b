import { app, flow } from './app.svelte';

const MINUTE_MS = 60_000;
const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** How long the window may still wait; null while it need not lock. */
export function waitMs(minutes: number, idleSince: number, codeUntil: number | null, now: number): number | null {
  if (minutes === 0) return null;
  const end = idleSince + minutes * MINUTE_MS;
  // Nobody loses their place while the mail with the code is still on its way.
  return Math.max(0, Math.max(end, codeUntil ?? 0) - now);
}

/** Locks the window after some minutes without input. One timeout, armed again only when it fires. */
export function idle(document: Document): () => void {
  let last = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const codeUntil = (): number | null => {
    const question = flow.view?.question;
    if (question?.kind !== 'code' || question.validUntil === null) return null;
    return question.validUntil * 1000;
  };

  function look(): void {
    clearTimeout(timer);
    timer = undefined;
    if (app.locked || app.firstStart || !app.ready) return;
    const minutes = app.settings.lockAfterMinutes;
    const now = Date.now();
    const wait = waitMs(minutes, last, codeUntil(), now);
    if (wait === null) return;
    if (wait === 0) void app.lock({ at: now, minutes });
    else timer = setTimeout(look, wait);
  }

  const touched = () => {
    const now = Date.now();
    const { locked, settings } = app;
    // A computer that slept past the time wakes up locked: its timeouts slept too.
    const overdue = !locked && waitMs(settings.lockAfterMinutes, last, codeUntil(), now) === 0;
    if (overdue) look();
    last = now;
    if (timer === undefined) look();
  };

  for (const input of INPUTS) document.addEventListener(input, touched, { passive: true, capture: true });
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    clearTimeout(timer);
    for (const input of INPUTS) document.removeEventListener(input, touched, { capture: true });
    document.removeEventListener('visibilitychange', look);
  };
}
