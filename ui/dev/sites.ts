// The site list. ?sites=full|unreadable; the address "…/404" is not there, "…/slow" takes three seconds; every file is one of rules.
import type { ErrorView, ListPart, SiteListView } from '../src/bindings';

const ORDER: ListPart['about'][] = ['changePages', 'rules', 'shared', 'onceShared'];
const now = () => Math.floor(Date.now() / 1000);
const part = (about: ListPart['about'], from: string, fromAddress: boolean, taken: number, skipped = 0, refused = 0): ListPart => ({
  about, from, fromAddress, at: now() - 86_400 * (about === 'rules' ? 0 : 12), taken, skipped, refused,
});

export function siteCommands(query: URLSearchParams, fail: (error: ErrorView) => never) {
  const state = query.get('sites');
  const pages = part('changePages', 'raw.githubusercontent.com/apple/password-manager-resources/main/quirks/change-password-URLs.json', true, 1_284, 0, 3);
  let parts: ListPart[] = state === 'full' ? [pages, part('rules', 'password-rules.json', false, 352, 1), part('shared', 'shared-credentials.json', false, 187)] : [];
  let removed: ListPart[] | null = null;
  let trouble: ErrorView | null = state === 'unreadable' ? { kind: 'unreadable' } : null;
  const view = (): SiteListView => ({ builtIn: 43, parts, trouble, removed: removed !== null });
  const take = (one: ListPart): SiteListView => {
    parts = ORDER.flatMap((about) => [...parts.filter((old) => old.about !== one.about), one].filter((kept) => kept.about === about));
    removed = null;
    return view();
  };
  return {
    site_list: view,
    take_list_file: (a: { name: string }) => take(part('rules', a.name, false, 352, 1)),
    fetch_list: async (a: { address: string }) => {
      if (a.address.trim() === '') fail({ kind: 'list', why: 'noAddress' });
      if (a.address.endsWith('404')) fail({ kind: 'list', why: 'notThere' });
      if (a.address.startsWith('http://')) fail({ kind: 'list', why: 'notEncrypted' });
      await new Promise((resolve) => setTimeout(resolve, a.address.endsWith('slow') ? 3_000 : 0));
      return take({ ...pages, from: a.address.replace(/^https:\/\//, ''), at: now() });
    },
    remove_list: () => {
      removed = parts.length > 0 ? parts : null;
      parts = [];
      trouble = null;
      return view();
    },
    restore_list: () => {
      parts = removed ?? fail({ kind: 'gone' });
      removed = null;
      return view();
    },
  };
}
