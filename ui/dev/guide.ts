// Guides: "ali…" has one of its own, every address has the general one. ?guide=0…3 begins there, as if left three days ago.
import type { AnswerForm, BeginForm, Done, ErrorView, GuideView, Question, ServerView, SitesView, View } from '../src/bindings';

const now = () => Math.floor(Date.now() / 1000);
const abilities = {
  recover: true, recoverByMailbox: false, changeWithCurrent: true, sessions: false, pair: 'browser' as const, linkPhone: false, guided: true, signUp: false, recoverySettings: false,
};
const site = (name: string, host: string): ServerView => ({
  address: `https://${host}/`, name, host, kind: 'guide', tried: true, practice: false, abilities: { ...abilities, pair: name === host ? null : 'browser' },
});
const aliexpress = site('AliExpress', 'aliexpress.com');

export function sitesOf(text: string): SitesView {
  const words = text.toLowerCase().split(/\s+/);
  const lost = words.length > 1 && /forg|забы|vergess|olvid/.test(text.toLowerCase());
  const own = words.some((word) => word !== '' && ('aliexpress'.startsWith(word) || 'алиэкспресс'.startsWith(word)));
  const host = words.find((word) => word.includes('.') && !word.includes('aliexpress'));
  return {
    sites: [
      ...(own || text.includes('aliexpress') ? [{ server: aliexpress, checkedAt: 1_675_296_000 }] : []),
      ...(host ? [{ server: site(host, host), checkedAt: null }] : []),
    ],
    meant: lost ? (words.at(-1) ?? '') : text,
    lost,
  };
}

interface Walked {
  server: ServerView;
  intent: BeginForm['intent'];
  identifier: string | null;
  question: Question;
  account?: string | null;
}
interface World {
  done: (flow: Walked, what: Done) => Question;
  fail: (error: ErrorView) => never;
}

const NAMES = [
  { en: 'Open “Forgot password”', ru: 'Открыть «Забыли пароль?»' },
  { en: 'Code from your mail', ru: 'Код из письма' },
  { en: 'Set the new password', ru: 'Задать новый пароль' },
];

export function guideOf(query: URLSearchParams, world: World) {
  const step = (at: number, leftAt: number | null, who: string): GuideView => ({
    at, steps: NAMES, does: at === 0 ? 'page' : at === 1 ? 'code' : 'newPassword',
    title: [
      { en: 'Say who you are at AliExpress', ru: 'Назовите себя на AliExpress' },
      { en: 'Type the code from your mail', ru: 'Введите код из письма' },
      { en: 'Set this password at AliExpress', ru: 'Задайте этот пароль на AliExpress' },
    ][at] ?? {},
    todo: [
      [
        { en: 'Open the sign-in page. It opens in your browser.', ru: 'Откройте страницу входа. Она откроется в вашем браузере.' },
        { en: 'Press **Forgot password?** below the password field. It is small.', ru: 'Нажмите **Забыли пароль?** под полем пароля. Надпись мелкая.' },
        { en: `Type **${who}** and press **Continue**.`, ru: `Введите **${who}** и нажмите **Продолжить**.` },
      ],
      [
        { en: 'Look into your mailbox for a mail from AliExpress.', ru: 'Найдите в почте письмо от AliExpress.' },
        { en: 'Type its code on the page that is open in your browser, then press **Continue**.', ru: 'Введите код из него на странице, открытой в браузере, и нажмите **Продолжить**.' },
      ],
      [
        { en: 'Go back to the page that is open in your browser.', ru: 'Вернитесь на страницу, открытую в браузере.' },
        { en: 'Paste the password into **both** fields there.', ru: 'Вставьте пароль в **оба** поля.' },
        { en: 'Press **Update password** there, then come back here.', ru: 'Нажмите там **Обновить пароль** и вернитесь сюда.' },
      ],
    ][at] ?? [],
    see: { en: 'AliExpress says that everything was successful.', ru: 'AliExpress сообщает, что всё прошло успешно.' },
    hints: at === 1
      ? [
          { en: 'The network may be slow. Wait for a minute, then ask for a new code.' },
          { en: 'Check the address for a typing error, and look into the spam folder.' },
          { en: 'You can’t open this mailbox any more? Choose **Other ways to verify**, such as a text message.' },
          { en: 'Your mail operator may hold back mail from AliExpress. Allow mail from **aliexpress.com**.' },
        ]
      : [],
    page: 'https://login.aliexpress.com/', foundBy: null, unreached: false, elsewhere: null, resendIn: at === 1 ? 60 : null, leftAt,
    source: { en: 'From a how-to about lost AliExpress passwords', ru: 'По инструкции о забытом пароле AliExpress' },
    checkedAt: 1_675_296_000, general: false, password: at === 2,
  });
  const fresh: Question = { kind: 'newPassword', minLength: 6, maxLength: 20, unknown: false };
  const at = (place: number, who: string, leftAt: number | null = null): Question =>
    place < 2 ? { kind: 'guide', ...step(place, leftAt, who) } : place === 2 ? fresh : { kind: 'setPassword', ...step(2, leftAt, who) };

  return {
    begin(flow: Walked): Question | null {
      if (!flow.server.abilities.guided) return null;
      if (flow.intent === 'signIn') return { kind: 'password', purpose: 'signIn', saved: false };
      const left = query.get('guide');
      return at(Number(left ?? 0), flow.identifier ?? '', left === null ? null : now() - 3 * 86_400);
    },
    answer(flow: Walked, given: AnswerForm): { problem: View['problem'] } | null {
      if (!flow.server.abilities.guided) return null;
      const who = flow.identifier ?? '';
      const { question } = flow;
      if (given.kind === 'password') flow.question = { kind: 'guide', ...step(0, null, who), does: 'password', password: true, steps: NAMES.slice(0, 1) };
      else if (question.kind === 'guide' && given.kind === 'yes') {
        flow.question = question.does === 'password' ? world.done(flow, 'signedIn') : at(question.at + 1, who);
      } else if (given.kind === 'stepBack') flow.question = at(question.kind === 'guide' ? question.at - 1 : 1, who);
      else if (given.kind === 'startOver') flow.question = at(0, who);
      else if (question.kind === 'setPassword' && given.kind === 'no') {
        flow.question = fresh;
        return { problem: { kind: 'notTaken' } };
      } else if (question.kind === 'setPassword') flow.question = world.done(flow, 'passwordChanged');
      else if (given.kind === 'useGenerated' || given.kind === 'newPassword') flow.question = at(3, who);
      return { problem: null };
    },
  };
}
