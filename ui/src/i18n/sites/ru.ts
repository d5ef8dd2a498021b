import { plurals } from '../rich';
import type { SitesWords } from './words';

const n = plurals<'one' | 'few' | 'many'>('ru');
const sitesOf = (count: number, shown: string): string =>
  n(count, { one: `${shown} сайт`, few: `${shown} сайта`, many: `${shown} сайтов`, other: `${shown} сайта` });
const groupsOf = (count: number, shown: string): string =>
  n(count, { one: `${shown} группа`, few: `${shown} группы`, many: `${shown} групп`, other: `${shown} группы` });

export const sites: SitesWords = {
  title: 'Список сайтов',
  builtIn: 'Встроенный',
  builtInText: (count, shown) =>
    n(count, {
      one: `${shown} сайт, который Regain знает по имени`,
      few: `${shown} сайта, которые Regain знает по имени`,
      many: `${shown} сайтов, которые Regain знает по имени`,
      other: `${shown} сайта, которые Regain знает по имени`,
    }),
  kind: {
    changePages: 'Страницы смены пароля',
    rules: 'Правила для паролей',
    shared: 'Сайты с общим аккаунтом',
    onceShared: 'Сайты, у которых раньше был общий аккаунт',
  },
  taken: { changePages: sitesOf, rules: sitesOf, shared: groupsOf, onceShared: groupsOf },
  from: (place, day) => `${place}, загружен: ${day}`,
  fromFile: (place, day) => `${place}, прочитан: ${day}`,
  refused: (count, shown) =>
    n(count, {
      one: `${shown} пропущен: его страница не зашифрована`,
      few: `${shown} пропущено: их страницы не зашифрованы`,
      many: `${shown} пропущено: их страницы не зашифрованы`,
      other: `${shown} пропущено: их страницы не зашифрованы`,
    }),
  skipped: (count, shown) =>
    n(count, {
      one: `${shown} запись пропущена: её не удалось понять`,
      few: `${shown} записи пропущены: их не удалось понять`,
      many: `${shown} записей пропущено: их не удалось понять`,
      other: `${shown} записи пропущены: их не удалось понять`,
    }),
  bring: 'Добавить список',
  bringText: 'Для тысяч сайтов: где меняют пароль и каким он должен быть. Файлы в формате password-manager-resources от Apple.',
  file: 'Выбрать файл…',
  address: 'По адресу…',
  addressLabel: 'Адрес списка',
  addressHint: 'Начинается с https://. О вас при этом ничего не передаётся.',
  fetch: 'Загрузить',
  reading: 'Файл читается…',
  fetching: 'Список загружается…',
  brought: {
    changePages: 'Страницы смены пароля добавлены.',
    rules: 'Правила для паролей добавлены.',
    shared: 'Сайты с общим аккаунтом добавлены.',
    onceShared: 'Сайты, у которых раньше был общий аккаунт, добавлены.',
  },
  remove: 'Убрать копию',
  copy: 'Ваша копия',
  copyText: 'Хранится на этом компьютере. Если её убрать, встроенный список останется.',
  removed: ['Копия убрана.', 'Встроенный список остался.'],
  putBack: 'Вернуть',
  isBack: ['Копия снова на месте.', 'Regain опять ею пользуется.'],
  errors: {
    'list.noAddress': () => ['Адреса пока нет.', 'Вставьте адрес списка.'],
    'list.notAnAddress': () => ['Это не адрес списка.', 'Например, https://lists.example.org/password-rules.json, без пробелов.'],
    'list.notEncrypted': () => ['Этот адрес не зашифрован.', 'По пути список мог бы изменить кто угодно. Нужен адрес, который начинается с https://.'],
    'list.ledAstray': () => ['Этот адрес уводит за пределы открытого интернета.', 'Regain загружает списки только по https и только с общедоступных серверов. Сохраните список в файл и выберите его.'],
    'list.notThere': () => ['По этому адресу ничего нет.', 'Откройте его в браузере и скопируйте адрес ещё раз.'],
    'list.tooLarge': () => ['Список слишком большой.', 'Regain принимает до 20 МБ. Такие списки в десять раз меньше: проверьте, тот ли это файл.'],
    'list.tooMany': () => ['В списке слишком много записей.', 'Regain принимает до 100 000. Проверьте, тот ли это файл.'],
    'list.notAList': () => ['Это не список сайтов.', 'Regain читает change-password-URLs.json, password-rules.json и shared-credentials.json. На GitHub нажмите «Raw».'],
  },
};
