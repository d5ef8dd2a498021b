import type { SignUpWords } from './words';

export const signUp: SignUpWords = {
  begin: 'Konto anlegen',
  intent: 'Neues Konto',
  stepAddress: 'Ihre Adresse',
  stepPassword: 'Passwort',
  stepDone: 'Ihr Konto',
  note: 'Regain erzeugt das Passwort und bewahrt es auf, bevor es das Konto gibt.',
  title: (server) => `Ein neues Konto bei ${server}. Mit welcher E-Mail-Adresse?`,
  lead: 'Mit ihr melden Sie sich an, und an sie geht ein Code, wenn Sie Ihr Passwort einmal vergessen.',
  next: 'Als Nächstes: ein Code in Ihrem Postfach. Er zeigt, dass die Adresse Ihnen gehört.',
  already: 'Sie haben dort schon ein Konto? Dann steht das in der Mail, und sie bringt keinen Code.',
  done: 'Das Konto gehört Ihnen.',
  doneLead: (server) => `Sie haben ein Konto bei ${server} und sind angemeldet.`,
  codes: 'Zehn Wiederherstellungscodes sind mit aufbewahrt',
  codesText: 'Jeder öffnet das Konto ein Mal. Sie stehen auf der Seite des Kontos unter „Gespeicherte Wiederherstellungscodes“.',
};
