import type { AccountRow } from './bridge';

const fold = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase().replaceAll('ß', 'ss');

/** Accounts that hold every typed word in their name, identifier or server. */
export function search(rows: readonly AccountRow[], typed: string): AccountRow[] {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = fold(`${row.name} ${row.identifier} ${row.server}`);
    return words.every((word) => text.includes(word));
  });
}

export const needsYou = (row: AccountRow): boolean => row.state === 'noPasswordFits' || row.state === 'inTheAir';

export const byName = (locale: string) => (a: AccountRow, b: AccountRow) =>
  a.name.localeCompare(b.name, locale) || a.identifier.localeCompare(b.identifier, locale);
