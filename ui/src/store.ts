import type { StoreState, StoreView } from './bridge';
import type { TwoLines, Words } from './i18n/words';

export type StoreTrouble = Exclude<StoreState, 'ready'>;

/** The trouble that the keeping place is in; null when it is fine. A locked vault has a screen of its own. */
export function storeTrouble({ kind, state }: StoreView): StoreTrouble | 'vaultBroken' | null {
  if (kind === 'memory' || state === 'ready') return null;
  if (kind === 'keychain') return state;
  return state === 'locked' || state === 'dismissed' ? null : 'vaultBroken';
}

/** What happened, and what to do. */
export function storeLines(trouble: StoreTrouble | 'vaultBroken', t: Words): TwoLines {
  const about = { server: 'Regain', wait: null };
  switch (trouble) {
    case 'locked':
      return t.errors.locked(about);
    case 'dismissed':
      return t.errors.dismissed(about);
    case 'missing':
      return t.errors.noKeychain(about);
    case 'broken':
      return t.errors.storeBroken(about);
    case 'itemMissing':
      return t.vault.keychain.itemMissing;
    case 'ambiguous':
      return t.vault.keychain.ambiguous;
    case 'vaultBroken':
      return t.vault.keychain.vaultBroken;
  }
}
