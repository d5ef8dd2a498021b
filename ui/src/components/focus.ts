import { tick } from 'svelte';
import { app } from '../app.svelte';

/** Attached to a screen: brings the focus to its first field, else to its heading, and announces the question once. */
export function arrive(screen: HTMLElement): void {
  void tick().then(() => {
    if (!screen.isConnected || document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
    const heading = screen.querySelector<HTMLElement>('h1');
    const first = screen.querySelector<HTMLElement>('[data-first]');
    // A question is read from its top; the window may still be hidden, and too small to tell what is in sight.
    (first ?? heading)?.focus({ preventScroll: true });
    document.scrollingElement?.scrollTo?.(0, 0);
    if (first && heading) app.announce(heading.textContent ?? '');
  });
}
