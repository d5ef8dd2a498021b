import { plurals } from '../rich';
import type { SitesWords } from './words';

const n = plurals<'one'>('de');

export const sites: SitesWords = {
  title: 'Websites-Liste',
  builtIn: 'Mitgeliefert',
  builtInText: (count, shown) => n(count, { one: `${shown} Website, die Regain beim Namen kennt`, other: `${shown} Websites, die Regain beim Namen kennt` }),
  kind: {
    changePages: 'Seiten für ein neues Passwort',
    rules: 'Regeln für Passwörter',
    shared: 'Websites mit einem gemeinsamen Konto',
    onceShared: 'Websites, die früher ein gemeinsames Konto hatten',
  },
  taken: {
    changePages: (count, shown) => n(count, { one: `${shown} Website`, other: `${shown} Websites` }),
    rules: (count, shown) => n(count, { one: `${shown} Website`, other: `${shown} Websites` }),
    shared: (count, shown) => n(count, { one: `${shown} Gruppe`, other: `${shown} Gruppen` }),
    onceShared: (count, shown) => n(count, { one: `${shown} Gruppe`, other: `${shown} Gruppen` }),
  },
  from: (place, day) => `${place}, abgerufen: ${day}`,
  fromFile: (place, day) => `${place}, eingelesen: ${day}`,
  refused: (count, shown) => n(count, { one: `${shown} ausgelassen: Die Seite ist nicht verschlüsselt`, other: `${shown} ausgelassen: Die Seiten sind nicht verschlüsselt` }),
  skipped: (_, shown) => `${shown} ausgelassen: nicht zu verstehen`,
  bring: 'Eine Liste hinzufügen',
  bringText: 'Für Tausende von Websites: wo man das Passwort ändert und wie es aussehen muss. Dateien in der Form von Apples password-manager-resources.',
  file: 'Datei auswählen …',
  address: 'Von einer Adresse …',
  addressLabel: 'Adresse der Liste',
  addressHint: 'Sie beginnt mit https://. Über Sie wird nichts mitgeschickt.',
  fetch: 'Abrufen',
  reading: 'Die Datei wird gelesen …',
  fetching: 'Die Liste wird abgerufen …',
  brought: {
    changePages: 'Die Seiten für ein neues Passwort sind da.',
    rules: 'Die Regeln für Passwörter sind da.',
    shared: 'Die Websites mit einem gemeinsamen Konto sind da.',
    onceShared: 'Die Websites, die früher ein gemeinsames Konto hatten, sind da.',
  },
  remove: 'Kopie entfernen',
  copy: 'Ihre Kopie',
  copyText: 'Liegt auf diesem Computer. Wird sie entfernt, bleibt das Mitgelieferte.',
  removed: ['Die Kopie ist entfernt.', 'Was mitgeliefert ist, bleibt.'],
  putBack: 'Zurückholen',
  isBack: ['Die Kopie ist wieder da.', 'Regain benutzt sie wieder.'],
  errors: {
    'list.noAddress': () => ['Es ist noch keine Adresse da.', 'Fügen Sie die Adresse der Liste ein.'],
    'list.notAnAddress': () => ['Das ist keine Adresse einer Liste.', 'Zum Beispiel https://lists.example.org/password-rules.json, ohne Leerzeichen.'],
    'list.notEncrypted': () => ['Diese Adresse ist nicht verschlüsselt.', 'Jeder auf dem Weg könnte die Liste verändern. Nehmen Sie eine Adresse, die mit https:// beginnt.'],
    'list.ledAstray': () => ['Diese Adresse führt aus dem offenen Internet hinaus.', 'Regain ruft nur über https von öffentlichen Servern ab. Speichern Sie die Liste als Datei und wählen Sie diese aus.'],
    'list.notThere': () => ['Unter dieser Adresse ist nichts.', 'Sehen Sie im Browser nach und kopieren Sie die Adresse noch einmal.'],
    'list.tooLarge': () => ['Die Liste ist zu groß.', 'Regain nimmt bis zu 20 MB. Solche Listen haben höchstens ein Zehntel davon: Prüfen Sie, ob es die richtige ist.'],
    'list.tooMany': () => ['Die Liste hat zu viele Einträge.', 'Regain nimmt bis zu 100.000. Prüfen Sie, ob es die richtige ist.'],
    'list.notAList': () => ['Das ist keine Websites-Liste.', 'Regain liest change-password-URLs.json, password-rules.json und shared-credentials.json. Wählen Sie auf GitHub „Raw“.'],
  },
};
