import { plurals } from '../rich';
import type { SitesWords } from './words';

const n = plurals<'one'>('es');

export const sites: SitesWords = {
  title: 'Lista de sitios',
  builtIn: 'Incluidos',
  builtInText: (count, shown) => n(count, { one: `${shown} sitio que Regain conoce por su nombre`, other: `${shown} sitios que Regain conoce por su nombre` }),
  kind: {
    changePages: 'Páginas para cambiar la contraseña',
    rules: 'Reglas de las contraseñas',
    shared: 'Sitios con una misma cuenta',
    onceShared: 'Sitios que antes tenían una misma cuenta',
  },
  taken: {
    changePages: (count, shown) => n(count, { one: `${shown} sitio`, other: `${shown} sitios` }),
    rules: (count, shown) => n(count, { one: `${shown} sitio`, other: `${shown} sitios` }),
    shared: (count, shown) => n(count, { one: `${shown} grupo`, other: `${shown} grupos` }),
    onceShared: (count, shown) => n(count, { one: `${shown} grupo`, other: `${shown} grupos` }),
  },
  from: (place, day) => `${place}, descargada: ${day}`,
  fromFile: (place, day) => `${place}, leído: ${day}`,
  refused: (count, shown) => n(count, { one: `${shown} se quedó fuera: su página no está cifrada`, other: `${shown} se quedaron fuera: sus páginas no están cifradas` }),
  skipped: (count, shown) => n(count, { one: `${shown} se quedó fuera: no se entendía`, other: `${shown} se quedaron fuera: no se entendían` }),
  bring: 'Añadir una lista',
  bringText: 'Para miles de sitios: dónde se cambia la contraseña y cómo debe ser. Archivos con el formato de password-manager-resources, de Apple.',
  file: 'Elegir un archivo…',
  address: 'Desde una dirección…',
  addressLabel: 'Dirección de la lista',
  addressHint: 'Empieza por https://. No se envía nada sobre ti.',
  fetch: 'Descargar',
  reading: 'Leyendo el archivo…',
  fetching: 'Descargando la lista…',
  brought: {
    changePages: 'Ya están las páginas para cambiar la contraseña.',
    rules: 'Ya están las reglas de las contraseñas.',
    shared: 'Ya están los sitios con una misma cuenta.',
    onceShared: 'Ya están los sitios que antes tenían una misma cuenta.',
  },
  remove: 'Quitar la copia',
  copy: 'Tu copia',
  copyText: 'Está en este ordenador. Si se quita, los sitios incluidos se quedan.',
  removed: ['La copia se ha quitado.', 'Los sitios incluidos se quedan.'],
  putBack: 'Recuperarla',
  isBack: ['La copia vuelve a estar.', 'Regain la usa de nuevo.'],
  errors: {
    'list.noAddress': () => ['Todavía no hay dirección.', 'Pega la dirección de la lista.'],
    'list.notAnAddress': () => ['Esto no es la dirección de una lista.', 'Por ejemplo, https://lists.example.org/password-rules.json, sin espacios.'],
    'list.notEncrypted': () => ['Esa dirección no está cifrada.', 'Cualquiera podría cambiar la lista por el camino. Usa una dirección que empiece por https://.'],
    'list.ledAstray': () => ['Esa dirección sale de la Internet pública.', 'Regain solo descarga por https de servidores públicos. Guarda la lista en un archivo y elígelo.'],
    'list.notThere': () => ['No hay nada en esa dirección.', 'Ábrela en el navegador y copia la dirección otra vez.'],
    'list.tooLarge': () => ['La lista es demasiado grande.', 'Regain admite hasta 20 MB. Estas listas ocupan como mucho la décima parte: mira si es la correcta.'],
    'list.tooMany': () => ['La lista tiene demasiadas entradas.', 'Regain admite hasta 100 000. Mira si es la correcta.'],
    'list.notAList': () => ['Esto no es una lista de sitios.', 'Regain lee change-password-URLs.json, password-rules.json y shared-credentials.json. En GitHub, elige «Raw».'],
  },
};
