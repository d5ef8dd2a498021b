import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { screenNames, testIds } from '../src/testids';

const root = join(import.meta.dirname, '../src');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.svelte') || name.endsWith('.ts'))
  .filter((name) => name !== 'testids.ts')
  .map((name) => readFileSync(join(root, name), 'utf8'));
const all = sources.join('\n');

describe('the names that tests drive', () => {
  it('are all listed', () => {
    const used = [...all.matchAll(/(?:data-testid|testid)="([^"{]+)"/g)].map((match) => match[1]);
    expect(used.length).toBeGreaterThan(60);
    expect([...new Set(used)].filter((id) => !(testIds as readonly string[]).includes(id ?? ''))).toEqual([]);
  });

  it('all stand on something', () => {
    const built = /^(way|theme)-/;
    expect(testIds.filter((id) => !built.test(id) && !all.includes(`'${id}'`) && !all.includes(`"${id}"`))).toEqual([]);
  });

  it('stand there once each in the list', () => {
    expect(new Set(testIds).size).toBe(testIds.length);
    expect(new Set(screenNames).size).toBe(screenNames.length);
  });
});

describe('the content security policy', () => {
  it('finds no inline style, no HTML string and no remote address in the sources', () => {
    for (const source of sources) {
      expect(source).not.toMatch(/\sstyle="/);
      expect(source).not.toMatch(/\{@html/);
      expect(source).not.toMatch(/\beval\(|new Function\(|innerHTML/);
      expect(source).not.toMatch(/(src|href)="https?:/);
    }
  });
});
