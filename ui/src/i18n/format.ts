import type { Words } from './words';

const MINUTE = 60;
const DAY = 86_400;

/** "0:42", "12:05": a span of whole seconds. */
export function clock(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / MINUTE)}:${String(left % MINUTE).padStart(2, '0')}`;
}

/** "1,284": a count as it is written. */
export const number = (value: number, locale: string): string => new Intl.NumberFormat(locale).format(value);

/** Clock time of a moment in Unix seconds. */
export function time(at: number, locale: string): string {
  const text = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(at * 1000);
  // "2:00 PM" stays on one line.
  return text.replace(/\s/g, '\u00a0');
}

const dayNumber = (ms: number): number => {
  const date = new Date(ms);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 1000 / DAY);
};

/** "today", "yesterday", "tomorrow", "12 May", "12 May 2024". */
export function day(at: number, locale: string, now: number): string {
  const ago = dayNumber(now) - dayNumber(at * 1000);
  if (Math.abs(ago) <= 1) {
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-ago, 'day');
  }
  const sameYear = new Date(now).getFullYear() === new Date(at * 1000).getFullYear();
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at * 1000);
}

/** "tomorrow, 14:05": a moment within a sentence. */
export const dayAndTime = (at: number, locale: string, now: number, t: Words): string =>
  t.common.onDay(day(at, locale, now), time(at, locale));

/** "Today at 14:27", "Yesterday, 18:04", "12 May, 09:30". */
export function moment(at: number, locale: string, now: number, t: Words): string {
  const clockTime = time(at, locale);
  if (dayNumber(now) === dayNumber(at * 1000)) return t.common.today(clockTime);
  return capital(t.common.onDay(day(at, locale, now), clockTime), locale);
}

export function capital(text: string, locale: string): string {
  const [first = '', ...rest] = text;
  return first.toLocaleUpperCase(locale) + rest.join('');
}
