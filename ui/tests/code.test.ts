import { describe, expect, it } from 'vitest';
import { gapBefore, isComplete, normalise, written } from '../src/code';

const digits = { kind: 'digits', length: 8 } as const;
const groups = { kind: 'groups', groups: 4, size: 4 } as const;
const link = { kind: 'link' } as const;

describe('a typed or pasted code', () => {
  it.each([
    ['48213905', '48213905'],
    ['4821 3905', '48213905'],
    ['4821-3905', '48213905'],
    ['4821–3905', '48213905'],
    [' 4821\u00a03905\n', '48213905'],
    ['４８２１３９０５', '48213905'],
    ['٤٨٢١٣٩٠٥', '48213905'],
    ['Your code: 4821 3905.', '48213905'],
    ['@accounts.example #48213905', '48213905'],
    ['482139051', '48213905'],
    ['00000000', '00000000'],
    ['abc', ''],
    ['', ''],
  ])('of digits: %j', (typed, code) => expect(normalise(typed, digits)).toBe(code));

  it.each([
    ['7k2m-9qxa-44tf-zc0d', '7K2M9QXA44TFZC0D'],
    // Letters stay letters: which alphabet a server's codes have, only the server knows.
    ['7K2M 9QXA 44TF ZCOD', '7K2M9QXA44TFZCOD'],
    ['i1l1', 'I1L1'],
    ['７Ｋ２Ｍ', '7K2M'],
    ['ü7K', '7K'],
  ])('in groups: %j', (typed, code) => expect(normalise(typed, groups)).toBe(code));

  it('of a link stays whole, without the spaces around it', () => {
    expect(normalise('  https://a.example/recover#abc-DEF \n', link)).toBe('https://a.example/recover#abc-DEF');
  });
});

describe('a code', () => {
  it('is complete when every cell is full', () => {
    expect(isComplete('4821390', digits)).toBe(false);
    expect(isComplete('48213905', digits)).toBe(true);
    expect(isComplete('7K2M9QXA44TFZC0', groups)).toBe(false);
    expect(isComplete('7K2M9QXA44TFZC0D', groups)).toBe(true);
    expect(isComplete('', link)).toBe(false);
    expect(isComplete('https://a.example/#x', link)).toBe(true);
  });

  it('is shown in fours, or in threes where fours do not fit', () => {
    const gaps = (length: number) =>
      Array.from({ length }, (_, i) => i).filter((i) => gapBefore(i, { kind: 'digits', length }));
    expect(gaps(8)).toEqual([4]);
    expect(gaps(6)).toEqual([3]);
    expect(gaps(9)).toEqual([3, 6]);
  });

  it('in groups is sent with dashes', () => {
    expect(written('7K2M9QXA44TFZC0D', groups)).toBe('7K2M-9QXA-44TF-ZC0D');
    expect(written('48213905', digits)).toBe('48213905');
  });
});
