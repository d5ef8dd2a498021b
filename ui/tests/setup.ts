import { configure } from '@testing-library/svelte';
import { vi } from 'vitest';

// Scrolling and media queries are not part of jsdom.
Element.prototype.scrollTo ??= () => undefined;
window.matchMedia ??= vi.fn((query: string) => ({
  matches: false,
  media: query,
  onchange: null,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
  dispatchEvent: () => false,
}));

// A busy computer takes its time.
configure({ asyncUtilTimeout: 5000 });
