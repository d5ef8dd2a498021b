import type { CodeShape } from './bridge';

/** What a person typed or pasted, as the characters that count: full-width digits narrowed, spaces and dashes dropped. */
export function normalise(text: string, shape: CodeShape): string {
  if (shape.kind === 'link' || shape.kind === 'any') return text.trim();
  const narrow = text.normalize('NFKC');
  if (shape.kind === 'digits') return digits(narrow).slice(0, shape.length);
  return narrow
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .slice(0, shape.groups * shape.size);
}

/** Characters of a complete code; null where any length may be one. */
export function lengthOf(shape: CodeShape): number | null {
  if (shape.kind === 'digits') return shape.length;
  if (shape.kind === 'groups') return shape.groups * shape.size;
  return null;
}

export function isComplete(code: string, shape: CodeShape): boolean {
  const length = lengthOf(shape);
  if (length !== null) return code.length === length;
  return code.length >= (shape.kind === 'any' ? 4 : 8);
}

/** Whether a gap comes before this cell: groups of 4, or of 3 where 4 does not divide the length. */
export function gapBefore(index: number, shape: CodeShape): boolean {
  if (index === 0 || shape.kind === 'link' || shape.kind === 'any') return false;
  const group = shape.kind === 'groups' ? shape.size : shape.length % 4 === 0 ? 4 : 3;
  return index % group === 0;
}

/** The code as it is sent: groups joined by dashes. */
export function written(code: string, shape: CodeShape): string {
  if (shape.kind !== 'groups') return code;
  return code.match(new RegExp(`.{1,${shape.size}}`, 'g'))?.join('-') ?? code;
}

/** Decimal digits of any script, as 0–9. */
function digits(text: string): string {
  let out = '';
  for (const char of text) {
    if (!/\p{Nd}/u.test(char)) continue;
    const point = char.codePointAt(0) ?? 0;
    // Decimal digits stand in runs of ten that start at a digit whose predecessor is none.
    let zero = point;
    while (point - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
    out += point < 0x3a ? char : String((point - zero) % 10);
  }
  return out;
}
