/** Eight groups of four characters and one of two. */
export const KEY_LENGTH = 34;
const GROUP = 4;

const bareOf = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '');

export const typedOf = (key: string): number => bareOf(key).length;

/** A recovery key as it stands on the paper, and where the caret goes in it. */
export function onPaper(text: string, caret: number): { text: string; caret: number } {
  const groups = bareOf(text).toUpperCase().match(/.{1,4}/gu) ?? [];
  const before = bareOf(text.slice(0, caret)).length;
  return { text: groups.join(' '), caret: before + Math.max(0, Math.ceil(before / GROUP) - 1) };
}
