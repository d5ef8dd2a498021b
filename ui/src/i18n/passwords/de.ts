import { plurals } from '../rich';
import type { PasswordWords } from './words';

const n = plurals<'one'>('de');
const number = (count: number) => new Intl.NumberFormat('de').format(count);
const times = (count: number) => n(count, { one: 'einmal', other: `${number(count)}-mal` });

export const passwords: PasswordWords = {
  site: 'Regeln der Seite',
  worth: (bits, worth) =>
    ({
      weak: `${bits} Bit: sicher nur, solange die Seite das Raten bremst`,
      good: `${bits} Bit: sicher auch ohne Hilfe der Seite`,
      strong: `${bits} Bit: sicher, selbst wenn die Seite bestohlen wird`,
    })[worth],
  weakSite: (server, bits) => [
    `${server} nimmt kein starkes Passwort.`,
    `Die Regeln dort lassen höchstens ${bits} Bit zu. Das hier ist das beste mögliche; verwenden Sie es nirgends sonst.`,
  ],
  rule: {
    needsOneOf: (_, set) => `Eines von ${set}`,
    notAllowed: (_, set) => `Nichts außer ${set}`,
    tooManyInARow: (max) =>
      n(max, { one: 'Kein Zeichen zweimal hintereinander', other: `Kein Zeichen öfter als ${max}-mal hintereinander` }),
  },
  weak: {
    needsOneOf: (_, set) => `Es braucht eines von diesen: ${set}`,
    notAllowed: (_, set) => `Erlaubt sind nur: ${set}`,
    tooManyInARow: (max) =>
      n(max, {
        one: 'Ein Zeichen steht zweimal hintereinander.',
        other: `Ein Zeichen steht öfter als ${max}-mal hintereinander.`,
      }),
  },
  reused: (names) => `Auch verwendet für ${names}`,
  reusedText: 'Wer es dort erfährt, kommt auch hier hinein. Geben Sie jedem Konto ein eigenes Passwort.',
  exposed: (count) => `${count === 1 ? 'Einmal' : times(count)} in bekannten Lecks gesehen`,
  exposedText: 'Passwörter aus Lecks werden zuerst versucht. Ändern Sie dieses.',
  unexposed: 'In keinem bekannten Leck',
  unexposedText: 'Nachgesehen, seit Regain entsperrt wurde.',
  unchecked: 'Noch nicht in bekannten Lecks nachgesehen',
  uncheckedText: 'Regain sieht nur nach, wenn Sie es sagen.',
  unknown: 'In bekannten Lecks konnte nicht nachgesehen werden',
  unknownText: 'Das sagt nichts über dieses Passwort. Versuchen Sie es später noch einmal.',
  check: 'Nachsehen',
  checking: 'Wird nachgesehen …',
  old: 'Seit vier Jahren oder länger in Gebrauch',
  oldText: 'Es ist nichts gegen es bekannt. Lecks kommen erst nach Jahren ans Licht; ein neues schadet nicht.',
  leaks: 'Bekannte Lecks',
  leaksRow: 'Passwörter nachschlagen',
  leaksText: {
    off: 'Regain sieht nirgends nach.',
    copy: 'Auf diesem Computer nachgesehen. Nichts verlässt ihn.',
    asked: 'Von jedem Passwort verlassen 5 der 40 Zeichen eines Fingerabdrucks diesen Computer, zu Have I Been Pwned. Viele Passwörter beginnen so: Ihres bleibt unbekannt.',
  },
  leaksKind: { off: 'Aus', copy: 'In einer Kopie hier', asked: 'Im Netz fragen' },
  copy: 'Ihre Kopie der Liste',
  copyText: 'Die Liste „Pwned Passwords“: eine sortierte Datei oder ein Ordner mit einer Datei je Abschnitt.',
  noCopy: 'Noch keine gewählt. Die Liste kommt von Have I Been Pwned: eine sortierte Datei oder ein Ordner mit Abschnitten.',
  broken: ['Die Kopie lässt sich nicht lesen.', 'Sie wurde verschoben oder ist nicht vollständig. Wählen Sie sie neu, oder laden Sie sie noch einmal herunter.'],
  notTheList: ['Das ist nicht die Liste, oder nicht die ganze.', 'Es bleibt alles, wie es war. Wählen Sie die Datei oder den Ordner, den der Download angelegt hat.'],
  file: 'Datei wählen',
  folder: 'Ordner wählen',
  changes: 'Passwörter zum Ändern',
  changesLead: 'Was am meisten öffnet, kommt zuerst. Ändern Sie so viele, wie Sie mögen; Regain merkt sich die Stelle.',
  toChange: (count) => n(count, { one: '1 Passwort zum Ändern', other: `${count} Passwörter zum Ändern` }),
  toChangeText: 'In einem Leck, doppelt verwendet oder alt. Hier sind sie der Reihe nach.',
  progress: (changed, all) => `${changed} von ${all} geändert`,
  resume: 'Machen Sie weiter, wo Sie aufgehört haben.',
  unlocks: (count) => n(count, { one: 'Öffnet den Weg in 1 anderes Konto', other: `Öffnet den Weg in ${count} andere Konten` }),
  reason: {
    exposed: (count) => `${times(count)} in Lecks gesehen`,
    reused: (count) => n(count, { one: 'für 1 anderes Konto verwendet', other: `für ${count} andere Konten verwendet` }),
    old: (since) => `in Gebrauch seit ${since}`,
  },
  change: 'Ändern',
  changeOf: (name) => `Passwort von ${name} ändern`,
  together: (names) => `Eine Änderung für alle: ${names}`,
  through: 'Alle sind geändert.',
  throughText: 'Die früheren Passwörter bleiben im Verlauf jedes Kontos.',
  nothing: 'Nichts zu ändern',
  nothingText: 'Kein Passwort wird doppelt verwendet, und keines ist als alt bekannt.',
  looked: 'Bekannte Lecks',
  lookedText: 'Sieht für alle Passwörter nach. Was herauskommt, ist mit dem nächsten Sperren vergessen.',
  off: 'In bekannten Lecks wird nicht nachgesehen',
  offText: 'Wählen Sie in den Einstellungen, ob Regain das darf und wo.',
  toSettings: 'Zu den Einstellungen',
};
