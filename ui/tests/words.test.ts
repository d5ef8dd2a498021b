import { describe, expect, it } from 'vitest';
import type { ErrorView, ProblemView, WeakReason } from '../src/bridge';
import { languages, localeOf, tongueOf } from '../src/i18n/index.svelte';
import { errorLines, phoneProblemLines, problemLines, ruleLine, weakLine } from '../src/i18n/messages';
import { plain } from '../src/i18n/rich';

const errors: ErrorView[] = [
  ...(
    [
      'offline',
      'serverTrouble',
      'expired',
      'refused',
      'signedOut',
      'locked',
      'dismissed',
      'noKeychain',
      'storeBroken',
      'outcomeUnknown',
      'unsupported',
      'protocol',
      'notTrusted',
      'badIdentifier',
      'unreadable',
      'clipboard',
      'gone',
      'newer',
      'damaged',
      'rolledBack',
      'diskFull',
      'readOnly',
      'wrongCurrent',
      'bug',
    ] as const
  ).map((kind) => ({ kind })),
  { kind: 'rateLimited', wait: null },
  { kind: 'rateLimited', wait: 45 },
  { kind: 'rateLimited', wait: 3600 },
  ...(['empty', 'notAnAddress', 'notEncrypted', 'noAccountServer', 'notFound'] as const).map((why) => ({
    kind: 'address' as const,
    why,
  })),
];
const keys: ErrorView[] = (['empty', 'notAKey', 'secret'] as const).map((why) => ({ kind: 'key', why }));
const pictures: ErrorView[] = (
  ['tooLarge', 'notAPicture', 'damaged', 'nothingFound', 'textTooLong', 'notCopied', 'noScreen'] as const
).map((why) => ({ kind: 'picture', why }));
const lists: ErrorView[] = (
  ['noAddress', 'notAnAddress', 'notEncrypted', 'ledAstray', 'notThere', 'tooLarge', 'tooMany', 'notAList'] as const
).map((why) => ({ kind: 'list', why }));
errors.push(...keys, ...pictures, ...lists, { kind: 'wantsKey' }, { kind: 'wrongKey' });
errors.push({ kind: 'tooNew', wait: null }, { kind: 'tooNew', wait: 1800 }, { kind: 'proveAgain' });
const reasons: WeakReason[] = [
  { kind: 'tooShort', min: 15 },
  { kind: 'tooLong', max: 256 },
  { kind: 'common' },
  { kind: 'containsIdentifier' },
  { kind: 'containsServer' },
  { kind: 'guessable' },
  { kind: 'sameAsCurrent' },
  { kind: 'needsOneOf', set: '- _' },
  { kind: 'notAllowed', allowed: 'a–z 0–9' },
  { kind: 'tooManyInARow', max: 1 },
  { kind: 'tooManyInARow', max: 2 },
];
const problems: ProblemView[] = [
  { kind: 'wrongPassword' },
  { kind: 'noPasswordFits' },
  { kind: 'wrongCode' },
  { kind: 'weakPassword', reasons },
  { kind: 'mismatch' },
  { kind: 'tooSoon', wait: 21 },
  { kind: 'notChanged' },
  { kind: 'notThatAddress' },
  { kind: 'stillTrying' },
];

/** Every text of a language by its path; functions are called with plain values. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const [a, b, c] = value.length > 1 ? ['Anna', 'Bert', 'Carl'] : [7, 0, 0];
    const about = { server: 'Dorfladen', wait: '40 s' };
    const takesAbout = path.startsWith('.errors') || path.startsWith('.problems');
    return texts(takesAbout ? value(about) : value(a, b, c), path);
  }
  if (Array.isArray(value) && value.some((part) => typeof part === 'object' && 'strong' in part)) {
    return [[path, plain(value)]];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
  }
  return [];
}

const tongues = Object.entries(languages);
const english = new Map(texts(languages.en));

describe.each(tongues)('%s', (tongue, t) => {
  it('has two lines for every error: what happened, what to do', () => {
    for (const error of errors) {
      const [what, todo] = errorLines(error, t, 'Dorfladen');
      for (const line of [what, todo]) {
        expect(line.length, JSON.stringify(error)).toBeGreaterThan(8);
        expect(line, JSON.stringify(error)).toMatch(/[.?”»“]$/);
        expect(line).not.toMatch(/undefined|null|NaN|!/);
      }
      expect(what).not.toBe(todo);
    }
  });

  it('has two lines for every problem', () => {
    for (const problem of problems) {
      for (const line of [...problemLines(problem, t, 'Dorfladen'), ...phoneProblemLines(problem, t, 'Dorfladen')]) {
        expect(line.length).toBeGreaterThan(8);
        expect(line).not.toMatch(/undefined|null|NaN|!/);
      }
    }
  });

  it('says how long to wait', () => {
    expect(errorLines({ kind: 'rateLimited', wait: 45 }, t, 'X')[1]).toContain('45');
    expect(errorLines({ kind: 'rateLimited', wait: 3600 }, t, 'X')[1]).toContain('60');
    expect(problemLines({ kind: 'tooSoon', wait: 21 }, t, 'X')[1]).toContain('21');
    expect(errorLines({ kind: 'tooNew', wait: 1800 }, t, 'X')[1]).toContain(t.common.minutes(30));
    expect(errorLines({ kind: 'tooNew', wait: 83_000 }, t, 'X')[1]).toContain(t.pairing.hours(24));
  });

  it('sends nobody to a mail when the code comes from a phone', () => {
    const lines = phoneProblemLines({ kind: 'wrongCode' }, t, 'X');
    expect(lines).toEqual(t.pairing.wrongCode);
    expect(lines).not.toEqual(problemLines({ kind: 'wrongCode' }, t, 'X'));
  });

  it('has a rule and a reason for every weakness, with its number', () => {
    for (const reason of reasons) {
      expect(weakLine(reason, t).length).toBeGreaterThan(8);
      expect(ruleLine(reason, t).length).toBeGreaterThan(5);
    }
    expect(ruleLine({ kind: 'tooShort', min: 15 }, t)).toContain('15');
    expect(weakLine({ kind: 'tooLong', max: 256 }, t)).toContain('256');
    expect(weakLine({ kind: 'tooManyInARow', max: 3 }, t)).toContain('3');
    for (const line of [ruleLine, weakLine]) {
      expect(line({ kind: 'needsOneOf', set: '- _' }, t)).toContain('- _');
      expect(line({ kind: 'notAllowed', allowed: 'a–z 0–9' }, t)).toContain('a–z 0–9');
    }
  });

  it('has the same texts as English, none empty', () => {
    const own = new Map(texts(t));
    expect([...own.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [path, text] of own) expect(text.trim(), path).not.toBe('');
  });

  it('names what English names', () => {
    const named = /Dorfladen|Anna|Bert|Carl|40 s/g;
    for (const [path, text] of texts(t)) {
      const wanted = new Set(english.get(path)?.match(named) ?? []);
      for (const name of wanted) {
        const elsewhere = path.startsWith('.errors') || path.startsWith('.problems');
        if (!elsewhere) expect(text, path).toContain(name);
      }
    }
  });

  it('raises its voice nowhere and uses no jargon', () => {
    for (const [path, text] of texts(t)) {
      expect(text, path).not.toMatch(/(^|[^¡])!(\s|$)/);
      expect(text, path).not.toMatch(/\b(token|session ID|OTP|authentication|oops)\b/i);
    }
  });

  it('is not English in disguise', () => {
    if (tongue === 'en') return;
    // What servers are called, and what an address looks like, is the same everywhere.
    const named = (path: string) => path.startsWith('.servers.kind.') || path === '.servers.addressHint';
    const same = texts(t).filter(([path, text]) => text === english.get(path) && /[a-z]{4}/i.test(text));
    expect(same.map(([path]) => path).filter((path) => !SHARED.includes(path) && !named(path))).toEqual([]);
  });
});

/** Words that are the same in another language. */
const SHARED = ['.guide.websites', '.common.onDay', '.settings.about', '.settings.themes.system', '.settings.version'];

describe('plurals', () => {
  const count = (tongue: keyof typeof languages, number: number) => languages[tongue].account.showHistory(number);
  it('follow each language', () => {
    expect([1, 2].map((k) => count('en', k))).toEqual(['Show 1 earlier password', 'Show 2 earlier passwords']);
    expect([1, 2, 5, 11, 21, 22].map((k) => count('ru', k))).toEqual([
      'Показать 1 прежний пароль',
      'Показать 2 прежних пароля',
      'Показать 5 прежних паролей',
      'Показать 11 прежних паролей',
      'Показать 21 прежний пароль',
      'Показать 22 прежних пароля',
    ]);
    expect([1, 3].map((k) => count('de', k))).toEqual(['1 früheres Passwort zeigen', '3 frühere Passwörter zeigen']);
    expect([1, 3].map((k) => count('es', k))).toEqual([
      'Mostrar 1 contraseña anterior',
      'Mostrar 3 contraseñas anteriores',
    ]);
  });
});

describe('the language', () => {
  it('is the chosen one, else the first of the system that Regain knows, else English', () => {
    expect(tongueOf('ru', ['de-AT'])).toBe('ru');
    expect(tongueOf('system', ['fr-FR', 'de-AT', 'en'])).toBe('de');
    expect(tongueOf('system', ['fr'])).toBe('en');
    expect(tongueOf('system', [])).toBe('en');
  });

  it('keeps the flavour of the system for dates', () => {
    expect(localeOf('en', ['de-DE', 'en-GB'])).toBe('en-GB');
    expect(localeOf('es', ['de-DE'])).toBe('es');
  });
});
