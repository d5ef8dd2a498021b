import { describe, expect, it } from 'vitest';
import type { AccountRow, Question } from '../src/bridge';
import { doorAt } from '../src/components/door';
import { languages } from '../src/i18n/index.svelte';
import { waitMs } from '../src/idle';
import { latest } from '../src/latest';
import { charactersFor, siteFor } from '../src/lengths';
import { byName, needsYou, search } from '../src/search';
import { doorOf, stepsOf } from '../src/steps';
import { storeLines, storeTrouble } from '../src/store';

const row = (name: string, identifier: string, state: AccountRow['state'] = 'signedIn'): AccountRow => ({
  id: name,
  name,
  identifier,
  server: `${name.toLowerCase()}.example`,
  practice: false,
  kind: 'recoveryServer',
  state,
});

describe('search', () => {
  const rows = [row('Dorfladen', 'jana.koenig@gmail.com'), row('Café Größe', 'jana'), row('Рынок у дома', 'яна')];
  const found = (typed: string) => search(rows, typed).map(({ name }) => name);

  it('finds in name, identifier and server, in any case', () => {
    expect(found('DORF')).toEqual(['Dorfladen']);
    expect(found('koenig')).toEqual(['Dorfladen']);
    expect(found('.example')).toHaveLength(3);
  });

  it('takes words in any order and letters without their marks', () => {
    expect(found('gmail dorf')).toEqual(['Dorfladen']);
    expect(found('cafe grosse')).toEqual(['Café Größe']);
    expect(found('рынок')).toEqual(['Рынок у дома']);
  });

  it('finds all for nothing, and nothing for nonsense', () => {
    expect(found('  ')).toHaveLength(3);
    expect(found('zebra')).toEqual([]);
  });

  it('puts first what needs the person, then by name', () => {
    expect(needsYou(row('A', 'a', 'noPasswordFits'))).toBe(true);
    expect(needsYou(row('A', 'a', 'inTheAir'))).toBe(true);
    expect(needsYou(row('A', 'a', 'signedOut'))).toBe(false);
    expect([row('b', '2'), row('B', '1'), row('ä', '1')].sort(byName('de')).map(({ name }) => name)).toEqual([
      'ä',
      'b',
      'B',
    ]);
  });
});

describe('the steps', () => {
  const t = languages.en;
  const code = (purpose: 'recovery' | 'secondFactor'): Question => ({
    kind: 'code',
    purpose,
    way: 'mailCode',
    sentTo: null,
    shape: { kind: 'link' },
    sentAt: null,
    validUntil: null,
    resendIn: null,
    otherWays: [],
    mayBeOpened: false,
    kept: false,
  });
  const fresh: Question = { kind: 'newPassword', minLength: 15, maxLength: 256, unknown: false };
  const done: Question = {
    kind: 'done',
    account: 'a',
    what: 'passwordChanged',
    store: 'keychain',
    savedAt: 0,
    oldKept: true,
    sessionsEnded: 0,
    noticeTo: null,
  };

  it('of a recovery open the door from shut to open', () => {
    const doors = [null, code('recovery'), fresh, done].map((question) => doorOf(stepsOf('recover', question, t)));
    expect(doors).toEqual([0, 1, 3, 4]);
  });

  it('take a second factor in, before the last', () => {
    const steps = stepsOf('recover', code('secondFactor'), t);
    expect(steps.names).toHaveLength(5);
    expect(steps.at).toBe(3);
    expect(stepsOf('signIn', code('secondFactor'), t)).toEqual({
      names: ['Your password', 'One more proof', 'You’re in'],
      at: 1,
    });
  });

  it('of a change begin with the current password only if it is asked', () => {
    const current: Question = { kind: 'password', purpose: 'current', saved: false };
    expect(stepsOf('changePassword', current, t).names).toHaveLength(3);
    expect(stepsOf('changePassword', fresh, t)).toEqual({ names: ['New password', 'Done'], at: 0 });
    expect(stepsOf('changePassword', done, t).at).toBe(1);
  });
});

describe('the door', () => {
  it('is drawn at its five angles and between them', () => {
    expect(doorAt(0).leaf.startsWith('M0 200 0 60')).toBe(true);
    expect(doorAt(4).knob[0]).toBe(30.5);
    expect(doorAt(0.5).knob[0]).toBeCloseTo(102.6, 1);
    expect(doorAt(9)).toEqual(doorAt(4));
    expect(doorAt(-1)).toEqual(doorAt(0));
  });
});

describe('the window locks itself', () => {
  it('after its minutes without input', () => {
    expect(waitMs(5, 0, null, 0)).toBe(300_000);
    expect(waitMs(5, 0, null, 299_999)).toBe(1);
    expect(waitMs(5, 0, null, 300_000)).toBe(0);
    expect(waitMs(5, 0, null, 9_999_999)).toBe(0);
  });
  it('never, when that is wished', () => expect(waitMs(0, 0, null, 9_999_999)).toBeNull());
  it('not while a code is on its way', () => {
    expect(waitMs(5, 0, 600_000, 400_000)).toBe(200_000);
    expect(waitMs(5, 0, 600_000, 600_000)).toBe(0);
  });
});

describe('lengths by the site’s rules', () => {
  it('are up to 20 unless more is asked for, and all that the site takes where that is less', () => {
    expect(siteFor({ minLength: 6, maxLength: 6 })).toEqual({ all: [6], usual: 6 });
    expect(siteFor({ minLength: 6, maxLength: 12 })).toEqual({ all: [6, 12], usual: 12 });
    expect(siteFor({ minLength: 8, maxLength: 256 })).toEqual({ all: [8, 15, 16, 20, 24, 32, 48, 64], usual: 20 });
    expect(siteFor({ minLength: 24, maxLength: 40 })).toEqual({ all: [24, 32, 40], usual: 24 });
  });
});

describe('lengths', () => {
  it('stay inside what the server takes', () => {
    expect(charactersFor({ minLength: 15, maxLength: 256 })).toEqual({ all: [15, 16, 20, 24, 32, 48, 64], usual: 24 });
    expect(charactersFor({ minLength: 20, maxLength: 32 }).all).toEqual([20, 24, 32]);
    expect(charactersFor({ minLength: 8, maxLength: 20 })).toEqual({ all: [15, 16, 20], usual: 20 });
    expect(charactersFor({ minLength: 17, maxLength: 18 })).toEqual({ all: [17], usual: 17 });
  });
});

describe('the store', () => {
  const states = ['locked', 'dismissed', 'missing', 'itemMissing', 'ambiguous', 'broken'] as const;

  it('has words of its own for each trouble, and a way on, in every language', () => {
    for (const t of Object.values(languages)) {
      const said = states.map((state) => storeLines(storeTrouble({ kind: 'keychain', state }) ?? 'locked', t)[0]);
      expect(new Set(said).size).toBe(states.length);
      for (const state of states) expect(t.vault.keychain.ways[state].length).toBeGreaterThan(1);
    }
  });

  it('is in trouble only where that says something', () => {
    expect(storeTrouble({ kind: 'keychain', state: 'ready' })).toBeNull();
    expect(storeTrouble({ kind: 'memory', state: 'missing' })).toBeNull();
    // A locked vault has a screen of its own.
    expect(storeTrouble({ kind: 'vault', state: 'locked' })).toBeNull();
    expect(storeTrouble({ kind: 'vault', state: 'broken' })).toBe('vaultBroken');
  });
});

describe('the newest check', () => {
  it('wins; those in between are left out', async () => {
    const asked: string[] = [];
    const told: string[] = [];
    const waiting: (() => void)[] = [];
    const ask = latest<string, string>(
      (text) => {
        asked.push(text);
        return new Promise((resolve) => waiting.push(() => resolve(text.toUpperCase())));
      },
      (result) => told.push(result),
    );
    ask('a');
    ask('ab');
    ask('abc');
    expect(asked).toEqual(['a']);
    waiting[0]?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(asked).toEqual(['a', 'abc']);
    expect(told).toEqual([]);
    waiting[1]?.();
    await new Promise((resolve) => setTimeout(resolve));
    expect(told).toEqual(['ABC']);
  });

  it('that fails says nothing, and the next is asked', async () => {
    const told: string[] = [];
    const ask = latest<string, string>(
      (text) => (text === 'bad' ? Promise.reject(new Error('bad')) : Promise.resolve(text)),
      (result) => told.push(result),
    );
    ask('bad');
    await new Promise((resolve) => setTimeout(resolve));
    ask('good');
    await new Promise((resolve) => setTimeout(resolve));
    expect(told).toEqual(['good']);
  });
});
