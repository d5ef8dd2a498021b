import { fireEvent, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('@tauri-apps/api/core', () => import('./core'));
const { app } = await import('../src/app.svelte');
const { fail, handlers, sent } = await import('./core');
const { button, field, fill, fresh, id, start, submit } = await import('./window');

const part = {
  about: 'rules' as const, from: 'password-rules.json', fromAddress: false, at: 1000, taken: 352, skipped: 1, refused: 0,
};
const list = (extra: object = {}) => ({ builtIn: 43, parts: [], trouble: null, removed: false, ...extra });
const press = (name: Parameters<typeof id>[0]) => fireEvent.click(button(name));
const there = (name: string) => waitFor(() => expect(id(name)).not.toBeNull());
const gone = (name: string) => waitFor(() => expect(id(name)).toBeNull());

async function openSettings(view = list()): Promise<void> {
  handlers.site_list = () => view;
  await start({ kind: 'keychain' });
  app.go({ name: 'settings' });
  await there('list-file');
}

const choose = async (file: File): Promise<void> => {
  Object.defineProperty(field('list-file-input'), 'files', { value: [file], configurable: true });
  await fireEvent.change(field('list-file-input'));
};

beforeEach(() => fresh());

describe('the site list in the settings', () => {
  it('says what is built in, and what was brought, from where and how much', async () => {
    await openSettings(list({ parts: [part] }));
    expect(id('list-section')?.textContent).toContain('43 sites');
    const line = id('list-part')?.textContent ?? '';
    for (const words of ['password-rules.json', '352 sites', '1 left out']) expect(line).toContain(words);
  });

  it('takes a file, by its name and its bytes', async () => {
    handlers.take_list_file = () => list({ parts: [part] });
    await openSettings();
    expect(id('list-remove')).toBeNull();
    await choose(new File(['{}'], 'password-rules.json'));
    await there('list-part');
    expect(sent('take_list_file')).toEqual([{ name: 'password-rules.json', bytes: 'e30=' }]);
    expect(id('notice')?.textContent).toContain('352 sites');
  });

  it('does not send a file that is too large', async () => {
    await openSettings();
    const file = new File([''], 'large.json');
    Object.defineProperty(file, 'size', { value: 20 * 1024 * 1024 + 1 });
    await choose(file);
    await there('notice');
    expect(id('notice')?.textContent).toContain('too large');
    expect(sent('take_list_file')).toEqual([]);
  });

  it('fetches from an address, and says at the field what is wrong with it', async () => {
    handlers.fetch_list = () => {
      throw { kind: 'list', why: 'notEncrypted' };
    };
    await openSettings();
    await press('list-address');
    await waitFor(() => expect(document.activeElement).toBe(field('list-typed')));
    await fill('list-typed', 'http://lists.example/a.json');
    await submit('list-fetch');
    await waitFor(() => expect(field('list-typed').getAttribute('aria-invalid')).toBe('true'));
    expect(id('notice')).toBeNull();
    handlers.fetch_list = () => list({ parts: [{ ...part, from: 'lists.example/a.json', fromAddress: true }] });
    await fill('list-typed', 'https://lists.example/a.json');
    expect(field('list-typed').getAttribute('aria-invalid')).toBeNull();
    await submit('list-fetch');
    await gone('list-typed');
    expect(sent('fetch_list').at(-1)).toEqual({ address: 'https://lists.example/a.json' });
    expect(id('list-part')?.textContent).toContain('lists.example/a.json');
  });

  it('says what the network is up to in two lines, and keeps what was typed', async () => {
    handlers.fetch_list = () => fail('offline');
    await openSettings();
    await press('list-address');
    await there('list-typed');
    await fill('list-typed', 'https://lists.example/a.json');
    await submit('list-fetch');
    await there('notice');
    expect(field('list-typed').value).toBe('https://lists.example/a.json');
  });

  it('removes the copy and puts it back, and the focus goes along', async () => {
    handlers.remove_list = () => list({ removed: true });
    handlers.restore_list = () => list({ parts: [part] });
    await openSettings(list({ parts: [part] }));
    await press('list-remove');
    await there('list-undo');
    expect(id('list-part')).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(button('list-undo')));
    await press('list-undo');
    await there('list-part');
    await waitFor(() => expect(document.activeElement).toBe(button('list-remove')));
  });

  it('lets a copy that cannot be read be removed', async () => {
    handlers.remove_list = () => list();
    await openSettings(list({ trouble: { kind: 'unreadable' } }));
    expect(id('notice')).not.toBeNull();
    await press('list-remove');
    await gone('notice');
    expect(id('list-remove')).toBeNull();
  });
});
