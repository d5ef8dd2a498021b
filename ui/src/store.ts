import type { ErrorView, StoreView } from './bridge';

/** The trouble that a store is in, in the words of an error; null when it is fine. */
export function storeError({ kind, state }: StoreView): ErrorView | null {
  if (kind === 'memory') return null;
  switch (state) {
    case 'ready':
      return null;
    case 'locked':
      return { kind: 'locked' };
    case 'dismissed':
      return { kind: 'dismissed' };
    case 'missing':
      return { kind: 'noKeychain' };
    case 'broken':
      return { kind: 'storeBroken' };
  }
}
