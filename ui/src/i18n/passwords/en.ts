import { plurals } from '../rich';
import type { PasswordWords } from './words';

const n = plurals<'one'>('en');
const number = (count: number) => new Intl.NumberFormat('en').format(count);
const times = (count: number) => n(count, { one: 'once', other: `${number(count)} times` });

export const passwords: PasswordWords = {
  site: 'The site’s rules',
  worth: (bits, worth) =>
    ({
      weak: `${bits} bits: safe only while the site limits guessing`,
      good: `${bits} bits: safe without the site’s help`,
      strong: `${bits} bits: safe even if the site is robbed`,
    })[worth],
  weakSite: (server, bits) => [
    `${server} takes no strong password.`,
    `Its rules leave ${bits} bits at most. This is the best it takes; use it nowhere else.`,
  ],
  rule: {
    needsOneOf: (_, set) => `One of ${set}`,
    notAllowed: (_, set) => `Nothing but ${set}`,
    tooManyInARow: (max) =>
      n(max, { one: 'No character twice in a row', other: `No character more than ${max} times in a row` }),
  },
  weak: {
    needsOneOf: (_, set) => `It needs one of these: ${set}`,
    notAllowed: (_, set) => `It may have nothing but: ${set}`,
    tooManyInARow: (max) =>
      n(max, {
        one: 'It has the same character twice in a row.',
        other: `It has the same character more than ${max} times in a row.`,
      }),
  },
  reused: (names) => `Also used for ${names}`,
  reusedText: 'Whoever learns it there gets in here, too. Give each account a password of its own.',
  exposed: (count) => `Seen ${times(count)} in known leaks`,
  exposedText: 'Passwords from leaks are tried first. Change this one.',
  unexposed: 'In no known leak',
  unexposedText: 'It was looked up since Regain was unlocked.',
  unchecked: 'Not looked up in known leaks yet',
  uncheckedText: 'Regain looks only when you say so.',
  unknown: 'Known leaks could not be looked up',
  unknownText: 'That says nothing about this password. Try again later.',
  check: 'Look up',
  checking: 'Looking up …',
  old: 'In use for four years or more',
  oldText: 'Nothing is known against it. Leaks come to light years later, so a new one does no harm.',
  leaks: 'Known leaks',
  leaksRow: 'Look passwords up',
  leaksText: {
    off: 'Regain looks nothing up.',
    copy: 'Looked up on this computer. Nothing leaves it.',
    asked: 'Of each password, 5 of the 40 characters of a fingerprint leave this computer, to Have I Been Pwned. Many passwords begin alike: yours stays unknown.',
  },
  leaksKind: { off: 'Off', copy: 'In a copy here', asked: 'Ask over the network' },
  copy: 'Your copy of the list',
  copyText: 'The Pwned Passwords list: one sorted file, or a folder with a file for each range.',
  noCopy: 'None chosen yet. The list comes from Have I Been Pwned: one sorted file, or a folder of ranges.',
  broken: ['The copy cannot be read.', 'It was moved or is not whole. Choose it again, or download it anew.'],
  notTheList: ['That is not the list, or not all of it.', 'Nothing was changed. Choose the file or the folder that the download has made.'],
  file: 'Choose a file',
  folder: 'Choose a folder',
  changes: 'Passwords to change',
  changesLead: 'Those that open most come first. Do as many as you like; Regain keeps your place.',
  toChange: (count) => n(count, { one: '1 password to change', other: `${count} passwords to change` }),
  toChangeText: 'Leaked, used twice, or old. See them in order.',
  progress: (changed, all) => `${changed} of ${all} changed`,
  resume: 'Go on where you stopped.',
  unlocks: (count) => n(count, { one: 'Opens the way into 1 other account', other: `Opens the way into ${count} other accounts` }),
  reason: {
    exposed: (count) => `seen ${times(count)} in leaks`,
    reused: (count) => n(count, { one: 'used for 1 other account', other: `used for ${count} other accounts` }),
    old: (since) => `in use since ${since}`,
  },
  change: 'Change',
  changeOf: (name) => `Change the password of ${name}`,
  together: (names) => `One change for all: ${names}`,
  through: 'All of them are changed.',
  throughText: 'The earlier passwords stay in the history of each account.',
  nothing: 'Nothing to change',
  nothingText: 'No password is used twice or known to be old.',
  looked: 'Known leaks',
  lookedText: 'Looks up all passwords. What comes back is forgotten when Regain locks.',
  off: 'Known leaks are not looked up',
  offText: 'Choose in the settings whether Regain may, and where.',
  toSettings: 'To the settings',
};
