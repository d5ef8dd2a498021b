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
