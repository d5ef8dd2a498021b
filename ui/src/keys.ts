import { app } from './app.svelte';

const isOpen = (selector: string): boolean => document.querySelector(selector) !== null;
const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement ? target.type !== 'radio' : target instanceof HTMLTextAreaElement;

const isPlain = (event: KeyboardEvent, key: string): boolean =>
  event.key.toLowerCase() === key && !event.ctrlKey && !event.metaKey && !event.altKey;

/** The keys that work everywhere: Esc, Alt+←, F1, Ctrl+L, "/", C, Enter. */
export function keys(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === 'F1') {
    event.preventDefault();
    if (!app.locked) app.help = !app.help;
    return;
  }
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'l') {
    event.preventDefault();
    void app.lock();
    return;
  }
  if (isOpen('[role="dialog"], [role="alertdialog"], [role="listbox"]')) return;
  if (event.key === 'Escape' || (event.altKey && event.key === 'ArrowLeft')) {
    event.preventDefault();
    app.back();
  } else if (event.key === '/' && !isField(event.target)) {
    const field = document.querySelector<HTMLInputElement>('[data-search]');
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  } else if (isPlain(event, 'c') && !isField(event.target)) {
    document.querySelector<HTMLButtonElement>('main [data-copy]')?.click();
  } else if (event.key === 'Enter' && (event.target === document.body || event.target instanceof HTMLHeadingElement)) {
    event.preventDefault();
    document.querySelector<HTMLButtonElement>('main [data-primary]:not(:disabled)')?.click();
  }
}
