import type { TestId } from './testids';

declare module 'svelte/elements' {
  interface DOMAttributes<T extends EventTarget> {
    'data-testid'?: TestId | undefined;
  }
}
