/** A piece of a sentence: plain, or stressed. */
export type Part = string | { strong: string };

/** A sentence whose inserted values are stressed. */
export function rich(texts: TemplateStringsArray, ...values: string[]): Part[] {
  return texts.flatMap((text, i): Part[] => {
    const value = values[i];
    return value === undefined ? [text] : [text, { strong: value }];
  });
}

export const plain = (parts: readonly Part[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : part.strong)).join('');

/** Chooses a form by the plural rules of the language. */
export function plurals<Form extends Intl.LDMLPluralRule>(
  language: string,
): (count: number, forms: Record<Form | 'other', string>) => string {
  const rules = new Intl.PluralRules(language);
  return (count, forms) => {
    const form = rules.select(count) as Form;
    return form in forms ? forms[form] : forms.other;
  };
}
