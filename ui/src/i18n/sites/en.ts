import { plurals } from '../rich';
import type { SitesWords } from './words';

const n = plurals<'one'>('en');

export const sites: SitesWords = {
  title: 'Site list',
  builtIn: 'Built in',
  builtInText: (count, shown) => n(count, { one: `${shown} site that Regain knows by name`, other: `${shown} sites that Regain knows by name` }),
  kind: {
    changePages: 'Pages for a new password',
    rules: 'Rules for passwords',
    shared: 'Sites with one account',
    onceShared: 'Sites that once had one account',
  },
  taken: {
    changePages: (count, shown) => n(count, { one: `${shown} site`, other: `${shown} sites` }),
    rules: (count, shown) => n(count, { one: `${shown} site`, other: `${shown} sites` }),
    shared: (count, shown) => n(count, { one: `${shown} group`, other: `${shown} groups` }),
    onceShared: (count, shown) => n(count, { one: `${shown} group`, other: `${shown} groups` }),
  },
  from: (place, day) => `${place}, fetched ${day}`,
  fromFile: (place, day) => `${place}, read ${day}`,
  refused: (count, shown) => n(count, { one: `${shown} left out: its page is not encrypted`, other: `${shown} left out: their pages are not encrypted` }),
  skipped: (count, shown) => n(count, { one: `${shown} left out: it made no sense`, other: `${shown} left out: they made no sense` }),
  bring: 'Bring a list',
  bringText: 'For thousands of sites: where passwords are changed, and what they must be. Files in the form of Apple’s password-manager-resources.',
  file: 'Choose a file…',
  address: 'From an address…',
  addressLabel: 'Address of the list',
  addressHint: 'It starts with https://. Nothing about you is sent along.',
  fetch: 'Fetch',
  reading: 'Reading the file…',
  fetching: 'Fetching the list…',
  brought: {
    changePages: 'The pages for a new password are here.',
    rules: 'The rules for passwords are here.',
    shared: 'The sites with one account are here.',
    onceShared: 'The sites that once had one account are here.',
  },
  remove: 'Remove the copy',
  copy: 'Your copy',
  copyText: 'Kept on this computer. When it is removed, what is built in stays.',
  removed: ['The copy is removed.', 'What is built in stays.'],
  putBack: 'Put it back',
  isBack: ['The copy is back.', 'Regain uses it again.'],
  errors: {
    'list.noAddress': () => ['There is no address yet.', 'Paste the address of the list.'],
    'list.notAnAddress': () => ['This is not an address of a list.', 'Such as https://lists.example.org/password-rules.json, without spaces.'],
    'list.notEncrypted': () => ['That address is not encrypted.', 'Anyone on the way could change the list. Use an address that starts with https://.'],
    'list.ledAstray': () => ['That address leads off the open internet.', 'Regain fetches only by https from public servers. Save the list as a file and choose that.'],
    'list.notThere': () => ['There is nothing at that address.', 'Look at it in a browser, and copy the address once more.'],
    'list.tooLarge': () => ['The list is too large.', 'Regain takes up to 20 MB. Such lists have a tenth of that at most: look whether it is the right one.'],
    'list.tooMany': () => ['The list has too many entries.', 'Regain takes up to 100,000. Look whether it is the right one.'],
    'list.notAList': () => ['This is no site list.', 'Regain reads change-password-URLs.json, password-rules.json and shared-credentials.json. On GitHub, choose “Raw”.'],
  },
};
