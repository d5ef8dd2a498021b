import type { Language } from '../bridge';
import { de } from './de';
import { en } from './en';
import { es } from './es';
import { ru } from './ru';
import type { Words } from './words';

export const languages = { en, ru, de, es } as const satisfies Record<string, Words>;
export type Tongue = keyof typeof languages;

/** Each language by its own name. */
export const ownNames: Record<Tongue, string> = { en: 'English', ru: 'Русский', de: 'Deutsch', es: 'Español' };

const isTongue = (code: string): code is Tongue => code in languages;
const base = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';

/** The language to speak: the chosen one, else the first of the system's that Regain knows. */
export function tongueOf(choice: Language, system: readonly string[]): Tongue {
  if (choice !== 'system') return choice;
  return system.map(base).find(isTongue) ?? 'en';
}

/** The system's own flavour of the language, for dates: en-GB rather than en. */
export function localeOf(tongue: Tongue, system: readonly string[]): string {
  return system.find((tag) => base(tag) === tongue) ?? tongue;
}

class I18n {
  tongue = $state<Tongue>('en');
  locale = $state('en');
  readonly t: Words = $derived(languages[this.tongue]);

  choose(choice: Language, system: readonly string[] = navigator.languages): void {
    this.tongue = tongueOf(choice, system);
    this.locale = localeOf(this.tongue, system);
    document.documentElement.lang = this.tongue;
  }
}

export const i18n = new I18n();
