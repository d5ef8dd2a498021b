import type { SignUpWords } from './words';

export const signUp: SignUpWords = {
  begin: 'Create an account',
  intent: 'New account',
  stepAddress: 'Your address',
  stepPassword: 'Password',
  stepDone: 'All yours',
  note: 'Regain makes the password and keeps it before the account is made.',
  title: (server) => `A new account at ${server}. Which e-mail address?`,
  lead: 'You sign in with it, and it gets a code if you ever forget your password.',
  next: 'Next: a code in your mailbox, to see that the address is yours.',
  already: 'Have an account there already? Then the mail says so, and brings no code.',
  done: 'The account is yours.',
  doneLead: (server) => `You have an account at ${server}, and you are signed in.`,
  codes: 'Ten recovery codes are saved with it',
  codesText: 'Each opens the account one time. You find them on its page, under “Saved recovery codes”.',
};
