import { describe, expect, it } from 'vitest';
import type { CodeView } from '../src/bridge';
import { codeLead } from '../src/i18n/code';
import { capital, clock, day, dayAndTime, moment, time } from '../src/i18n/format';
import { languages } from '../src/i18n/index.svelte';
import { plain } from '../src/i18n/rich';

process.env.TZ = 'UTC';
const at = (iso: string) => Date.parse(iso) / 1000;
const now = Date.parse('2026-05-13T14:30:00Z');

describe('a span', () => {
  it.each([
    [42, '0:42'],
    [0, '0:00'],
    [-3, '0:00'],
    [59.2, '1:00'],
    [60, '1:00'],
    [605, '10:05'],
    [3600, '60:00'],
  ])('%d s is %s', (seconds, text) => expect(clock(seconds)).toBe(text));
});

describe('a moment', () => {
  it('of today, of yesterday, of this year and before', () => {
    const { en } = languages;
    expect(moment(at('2026-05-13T14:27:00Z'), 'en-GB', now, en)).toBe('Today at 14:27');
    expect(moment(at('2026-05-12T18:04:00Z'), 'en-GB', now, en)).toBe('Yesterday, 18:04');
    expect(moment(at('2026-03-03T09:00:00Z'), 'en-GB', now, en)).toBe('3 March, 9:00');
    expect(day(at('2024-03-03T09:00:00Z'), 'en-GB', now)).toBe('3 March 2024');
  });

  it('just before midnight is yesterday just after', () => {
    const midnight = Date.parse('2026-05-13T00:00:30Z');
    expect(day(at('2026-05-12T23:59:59Z'), 'en', midnight)).toBe('yesterday');
  });

  it('to come, within a sentence', () => {
    const tomorrow = at('2026-05-14T14:05:00Z');
    expect(dayAndTime(tomorrow, 'en-GB', now, languages.en)).toBe('tomorrow, 14:05');
    expect(dayAndTime(tomorrow, 'de', now, languages.de)).toBe('morgen, 14:05 Uhr');
    expect(dayAndTime(tomorrow, 'ru', now, languages.ru)).toBe('завтра, 14:05');
    expect(dayAndTime(at('2026-05-13T18:05:00Z'), 'es', now, languages.es)).toBe('hoy, 18:05');
    expect(dayAndTime(at('2026-05-16T18:05:00Z'), 'en-GB', now, languages.en)).toBe('16 May, 18:05');
  });

  it('in the other languages', () => {
    const yesterday = at('2026-05-12T18:04:00Z');
    expect(moment(yesterday, 'ru', now, languages.ru)).toBe('Вчера, 18:04');
    expect(moment(yesterday, 'de', now, languages.de)).toBe('Gestern, 18:04 Uhr');
    expect(moment(yesterday, 'es', now, languages.es)).toBe('Ayer, 18:04');
    expect(day(at('2026-05-02T18:04:00Z'), 'ru', now)).toBe('2 мая');
    expect(time(yesterday, 'en-US')).toMatch(/^6:04\sPM$/u);
  });

  it('may begin with any letter', () => {
    expect(capital('вчера', 'ru')).toBe('Вчера');
    expect(capital('', 'en')).toBe('');
  });
});

describe('the sentence below "Type the code"', () => {
  const question: CodeView = {
    purpose: 'recovery',
    way: 'mailCode',
    sentTo: 'j•••@gmail.com',
    shape: { kind: 'digits', length: 8 },
    sentAt: at('2026-05-13T14:22:00Z'),
    validUntil: at('2026-05-13T14:32:00Z'),
    resendIn: 42,
    otherWays: [],
    mayBeOpened: false,
    kept: false,
  };
  const lead = (part: Partial<CodeView>) => plain(codeLead({ ...question, ...part }, languages.en, 'en-GB'));

  it('says where to, when and until when', () => {
    expect(lead({})).toBe('Sent to j•••@gmail.com at 14:22. It works until 14:32.');
    expect(lead({ validUntil: null })).toBe('Sent to j•••@gmail.com at 14:22.');
  });

  it('reveals nothing about an account that may not exist', () => {
    expect(lead({ sentTo: null })).toBe(
      'If that account exists, a code is on its way since 14:22. It works until 14:32.',
    );
    expect(lead({ sentTo: null, sentAt: null })).toBe('If that account exists, a code is on its way.');
  });

  it('fits each way', () => {
    expect(lead({ way: 'mailLink' })).toContain('copy the whole link');
    expect(lead({ way: 'recoveryCode' })).toContain('works once');
    expect(lead({ way: 'authenticator' })).toContain('every 30 seconds');
  });
});
