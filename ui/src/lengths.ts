import type { NewPasswordView } from './bridge';

/** Lengths to choose from, and the one to begin with. */
export interface Lengths {
  all: readonly number[];
  usual: number;
}

export const WORDS: Lengths = { all: [4, 5, 6, 7, 8, 10], usual: 5 };

const CHARACTERS = [15, 16, 20, 24, 32, 48, 64];
const USUAL = 24;

/** Lengths in characters that the server takes. */
export function charactersFor({ minLength, maxLength }: Pick<NewPasswordView, 'minLength' | 'maxLength'>): Lengths {
  const all = CHARACTERS.filter((count) => count >= minLength && count <= maxLength);
  if (all.length === 0) all.push(Math.min(64, Math.max(15, Math.min(minLength, maxLength))));
  return { all, usual: all.includes(USUAL) ? USUAL : (all.at(-1) ?? USUAL) };
}

const BY_THE_SITE = 20;

/** Lengths by the site's rules: up to 20 characters unless more is asked for, and all that it takes where that is less. */
export function siteFor({ minLength, maxLength }: Pick<NewPasswordView, 'minLength' | 'maxLength'>): Lengths {
  const most = Math.min(64, maxLength);
  const least = Math.min(minLength, most);
  const usual = Math.min(most, Math.max(least, BY_THE_SITE));
  const all = [least, ...CHARACTERS.filter((count) => count > least && count < most), most, usual];
  return { all: [...new Set(all)].sort((a, b) => a - b), usual };
}
