import { fireEvent, render, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { app, flow } from '../src/app.svelte';
import type { Question } from '../src/bridge';
import Addresses from '../src/screens/Addresses.svelte';
import Server from '../src/screens/Server.svelte';
import WholeAddress from '../src/screens/WholeAddress.svelte';
import { fail, handlers, sent } from './core';
import { code, entry, server, view } from './fake';
import { button, field, fill, fresh, id, start, submit } from './window';

vi.mock('@tauri-apps/api/core', () => import('./core'));

const masked = ['ja****@mail.example', '+49****77'];
const choice = (typed: number | null): Question & { kind: 'chooseAddress' } => ({ kind: 'chooseAddress', masked, typed });
const whole = (address: string): Question => ({ kind: 'confirmAddress', masked: address });

async function recover(question: Question): Promise<void> {
  handlers.begin = () => view(question);
  flow.openIdentifier(entry, 'jana@mail.example');
  await flow.sendCode('jana@mail.example');
}

beforeEach(fresh);

describe('the choice of an address', () => {
  const radios = () => [...document.querySelectorAll<HTMLInputElement>('[data-testid="address-choice"]')];

  it('shows what the server shows, the typed one chosen and marked', async () => {
    await recover(choice(1));
    handlers.answer = () => view(whole('+49****77'));
    render(Addresses, { view: view(choice(1)), question: choice(1) });
    expect(radios().map((radio) => radio.checked)).toEqual([false, true]);
    expect(document.querySelector('.tag')?.textContent).toContain('typed');
    await submit('continue');
    expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'address', place: 1 } }]);
  });

  it('says beforehand that another one is typed in full', async () => {
    await recover(choice(0));
    render(Addresses, { view: view(choice(0)), question: choice(0) });
    expect(document.querySelector('.next')?.textContent).toContain('at once');
    await fireEvent.click(radios()[1] as HTMLInputElement);
    expect(document.querySelector('.next')?.textContent).toContain('in full');
  });

  it('leads back to the address that was typed', async () => {
    await recover(choice(0));
    expect(flow.backTo).toBe('identifier');
  });

  it('is a screen of its own, and so is the whole address', async () => {
    await start({ kind: 'keychain' });
    await recover(choice(null));
    await waitFor(() => expect(app.screen).toBe('choose-address'));
    await waitFor(() => expect(id('heading')?.textContent).toContain('Where should the code go?'));
    handlers.answer = () => view(whole('ja****@mail.example'));
    await submit('continue');
    await waitFor(() => expect(app.screen).toBe('confirm-address'));
    await waitFor(() => expect(id('lead')?.textContent).toContain('ja****@mail.example'));
  });
});

describe('the whole address', () => {
  it('is sent as it was typed, and comes back where it does not match', async () => {
    await recover(whole('wo****@office.example'));
    const shown = view(whole('wo****@office.example'), { problem: { kind: 'notThatAddress' } });
    handlers.answer = () => shown;
    const { rerender } = render(WholeAddress, { view: view(whole('')), masked: 'wo****@office.example' });
    expect(button('continue').disabled).toBe(true);
    await fill('whole-address', ' jana@mail.example ');
    await submit('continue');
    expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'wholeAddress', address: 'jana@mail.example' } }]);
    await rerender({ view: shown });
    expect(id('notice')?.textContent).toContain('not the address');
    expect(field('whole-address').getAttribute('aria-invalid')).toBe('true');
    expect(field('whole-address').value).toBe(' jana@mail.example ');
  });

  it('leads back to the choice by its button and by Back', async () => {
    await recover(whole('+49****77'));
    handlers.answer = () => view(choice(0));
    render(WholeAddress, { view: view(whole('')), masked: '+49****77' });
    expect(flow.backTo).toBe('addresses');
    await fireEvent.click(button('other-address'));
    await waitFor(() => expect(flow.view?.question.kind).toBe('chooseAddress'));
    expect(sent('answer')).toEqual([{ flow: 1, answer: { kind: 'otherWay', way: 'otherAddress' } }]);
    expect(sent('cancel')).toEqual([]);
  });
});

describe('a code to another address', () => {
  it('closes the list of ways for the choice', async () => {
    await recover(code({ otherWays: ['otherAddress'] }));
    handlers.answer = () => view(choice(0));
    flow.panel = 'ways';
    await flow.otherWay('otherAddress');
    expect(flow.panel).toBeNull();
    expect(flow.view?.question.kind).toBe('chooseAddress');
  });
});

describe('a gateway that wants a key', () => {
  it('is given it once it says so, and the words of what it is', async () => {
    handlers.find_server = ({ key }: Record<string, never>) => {
      if (key === null) fail('wantsKey');
      if (String(key).startsWith('sb_secret_')) throw { kind: 'key', why: 'secret' };
      return key === 'sb_publishable_1' ? { servers: [server], identifier: null } : fail('wrongKey');
    };
    app.found = null;
    app.typedAddress = '';
    render(Server);
    expect(id('public-key')).toBeNull();
    await fill('server-address', 'club.supabase.example');
    await submit('continue');
    await waitFor(() => expect(document.activeElement).toBe(field('public-key')));
    expect(id('notice')?.textContent).toContain('publishable');
    expect(button('continue').disabled).toBe(true);
    for (const [typed, words] of [
      ['sb_secret_1', 'is a secret'],
      ['sb_publishable_old', 'doesn’t take this key'],
    ] as const) {
      await fill('public-key', typed);
      await submit('continue');
      await waitFor(() => expect(document.body.textContent).toContain(words));
      expect(field('public-key').getAttribute('aria-invalid')).toBe('true');
    }
    await fill('public-key', ' sb_publishable_1 ');
    await submit('continue');
    await waitFor(() => expect(id('server-found')).not.toBeNull());
    expect(id('public-key')).toBeNull();
    expect(sent('find_server').at(-1)).toEqual({ address: 'club.supabase.example', key: 'sb_publishable_1' });
  });

  it('is forgotten with the address', async () => {
    handlers.find_server = () => fail('wantsKey');
    app.found = null;
    app.typedAddress = '';
    render(Server);
    await fill('server-address', 'club.supabase.example');
    await submit('continue');
    await waitFor(() => expect(id('public-key')).not.toBeNull());
    await fill('server-address', 'other.example');
    expect(id('public-key')).toBeNull();
    await submit('continue');
    await waitFor(() => expect(sent('find_server').at(-1)).toEqual({ address: 'other.example', key: null }));
  });
});
