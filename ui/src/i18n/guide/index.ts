import type { Part } from '../rich';

/** A text of a guide in one of the languages that the guide has; English stands in for the others. */
export type Texts = Partial<Record<string, string>>;

export const textOf = (texts: Texts, tongue: string): string => marked(texts, tongue).replaceAll('**', '');

const marked = (texts: Texts, tongue: string): string => texts[tongue] ?? texts['en'] ?? '';

/** The same with what stands on the site stressed: the parts between `**`. */
export function partsOf(texts: Texts, tongue: string): Part[] {
  const parts = marked(texts, tongue).split('**');
  return parts.map((part, at): Part => (at % 2 === 1 ? { strong: part } : part)).filter((part) => part !== '');
}
