import { plurals } from '../rich';
import type { PasswordWords } from './words';

const n = plurals<'one'>('es');
const number = (count: number) => new Intl.NumberFormat('es').format(count);
const times = (count: number) => n(count, { one: 'una vez', other: `${number(count)} veces` });

export const passwords: PasswordWords = {
  site: 'Las reglas del sitio',
  worth: (bits, worth) =>
    ({
      weak: `${bits} bits: segura solo mientras el sitio frene los intentos`,
      good: `${bits} bits: segura sin ayuda del sitio`,
      strong: `${bits} bits: segura aunque roben los datos del sitio`,
    })[worth],
  weakSite: (server, bits) => [
    `${server} no admite contraseñas fuertes.`,
    `Sus reglas dejan ${bits} bits como mucho. Esta es la mejor que admite; no la uses en ningún otro lugar.`,
  ],
  rule: {
    needsOneOf: (_, set) => `Uno de estos: ${set}`,
    notAllowed: (_, set) => `Solo estos: ${set}`,
    tooManyInARow: (max) =>
      n(max, { one: 'Ningún carácter dos veces seguidas', other: `Ningún carácter más de ${max} veces seguidas` }),
  },
  weak: {
    needsOneOf: (_, set) => `Necesita uno de estos: ${set}`,
    notAllowed: (_, set) => `Solo puede llevar: ${set}`,
    tooManyInARow: (max) =>
      n(max, {
        one: 'Repite un carácter dos veces seguidas.',
        other: `Repite un carácter más de ${max} veces seguidas.`,
      }),
  },
  reused: (names) => `También se usa en ${names}`,
  reusedText: 'Quien la sepa allí, entra también aquí. Da a cada cuenta su propia contraseña.',
  exposed: (count) => `Vista ${times(count)} en filtraciones conocidas`,
  exposedText: 'Las contraseñas filtradas son las primeras que se prueban. Cambia esta.',
  unexposed: 'En ninguna filtración conocida',
  unexposedText: 'Se ha consultado desde que Regain se desbloqueó.',
  unchecked: 'Aún no se ha buscado en filtraciones conocidas',
  uncheckedText: 'Regain solo busca cuando tú lo pides.',
  unknown: 'No se pudo buscar en las filtraciones conocidas',
  unknownText: 'Eso no dice nada de esta contraseña. Inténtalo más tarde.',
  check: 'Buscar',
  checking: 'Buscando …',
  old: 'En uso desde hace cuatro años o más',
  oldText: 'No se sabe nada contra ella. Las filtraciones salen a la luz años después; una nueva no hace daño.',
  leaks: 'Filtraciones conocidas',
  leaksRow: 'Buscar las contraseñas',
  leaksText: {
    off: 'Regain no busca en ningún sitio.',
    copy: 'Se busca en este ordenador. Nada sale de él.',
    asked: 'De cada contraseña salen de este ordenador 5 de los 40 caracteres de una huella, hacia Have I Been Pwned. Muchas empiezan igual: la tuya sigue sin conocerse.',
  },
  leaksKind: { off: 'No', copy: 'En una copia de aquí', asked: 'Preguntar por la red' },
  copy: 'Tu copia de la lista',
  copyText: 'La lista «Pwned Passwords»: un archivo ordenado, o una carpeta con un archivo por tramo.',
  noCopy: 'Aún no has elegido ninguna. La lista viene de Have I Been Pwned: un archivo ordenado, o una carpeta con tramos.',
  broken: ['No se puede leer la copia.', 'Se movió o no está entera. Elígela de nuevo, o vuelve a descargarla.'],
  notTheList: ['Esa no es la lista, o no está entera.', 'No ha cambiado nada. Elige el archivo o la carpeta que creó la descarga.'],
  file: 'Elegir un archivo',
  folder: 'Elegir una carpeta',
  changes: 'Contraseñas por cambiar',
  changesLead: 'Primero las que más abren. Cambia cuantas quieras; Regain recuerda por dónde ibas.',
  toChange: (count) => n(count, { one: '1 contraseña por cambiar', other: `${count} contraseñas por cambiar` }),
  toChangeText: 'Filtradas, repetidas o antiguas. Míralas en orden.',
  progress: (changed, all) => `${changed} de ${all} cambiadas`,
  resume: 'Sigue donde lo dejaste.',
  unlocks: (count) => n(count, { one: 'Abre el camino a 1 cuenta más', other: `Abre el camino a ${count} cuentas más` }),
  reason: {
    exposed: (count) => `vista ${times(count)} en filtraciones`,
    reused: (count) => n(count, { one: 'usada en 1 cuenta más', other: `usada en ${count} cuentas más` }),
    old: (since) => `en uso desde ${since}`,
  },
  change: 'Cambiar',
  changeOf: (name) => `Cambiar la contraseña de ${name}`,
  together: (names) => `Un cambio para todas: ${names}`,
  through: 'Todas están cambiadas.',
  throughText: 'Las contraseñas anteriores quedan en el historial de cada cuenta.',
  nothing: 'Nada que cambiar',
  nothingText: 'Ninguna contraseña se repite ni consta como antigua.',
  looked: 'Filtraciones conocidas',
  lookedText: 'Busca todas las contraseñas. El resultado se olvida cuando Regain se bloquea.',
  off: 'No se busca en filtraciones conocidas',
  offText: 'Elige en los ajustes si Regain puede hacerlo y dónde.',
  toSettings: 'A los ajustes',
};
