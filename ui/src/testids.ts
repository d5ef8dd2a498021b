/** The names of everything that tests drive: each `data-testid` is one of these (a test holds the two together). */
export const testIds = [
  // everywhere
  'back', 'cancel', 'continue', 'done', 'notice', 'notice-action', 'toast', 'toast-clear', 'help', 'help-dialog',
  'help-close', 'dialog', 'confirm', 'dialog-cancel', 'heading', 'lead', 'practice-tag', 'live', 'lock-now',
  // first start, lock screen
  'store-keychain', 'store-memory', 'store-trouble', 'check-again', 'unlock',
  // rooms
  'nav-accounts', 'settings', 'store-foot', 'add-account', 'search', 'search-empty', 'account-list', 'account-row',
  'empty', 'practise-first',
  // add an account
  'kind-server', 'kind-practice', 'server-address', 'server-found', 'practice-start', 'sign-in', 'forgot',
  // sign in, identifier
  'sign-in-identifier', 'sign-in-password', 'reveal', 'caps-lock', 'use-saved', 'identifier', 'suggestion',
  'identifier-hint',
  // code
  'code-input', 'code-cells', 'resend', 'countdown', 'other-ways', 'doctor', 'doctor-panel', 'doctor-close',
  'doctor-check', 'doctor-change', 'ask-operator', 'operator-copy', 'way-mailCode', 'way-mailLink', 'way-recoveryCode',
  'way-authenticator', 'no-other-way', 'practice-mailbox', 'mailbox-close', 'practice-look', 'practice-browser', 'practice-mail',
  'practice-mail-text', 'practice-codes', 'practice-code',
  // new password
  'make-one', 'type-own', 'generated-password', 'regenerate', 'copy-generated', 'generate-kind', 'generate-length',
  'saved-note', 'use-generated', 'new-password', 'repeat-password', 'mismatch', 'strength', 'rules', 'use-own',
  'find-out', 'current-password', 'by-code',
  // success
  'facts', 'fact-saved', 'fact-sessions', 'fact-notice', 'open-server',
  // account page
  'account-state', 'account-sign-in', 'account-forgot', 'password-value', 'password-reveal', 'password-copy',
  'change-password', 'change-by-code', 'waiting-row', 'history-row', 'history-toggle', 'past-value', 'past-reveal', 'past-copy',
  'session-row', 'session-current', 'end-session', 'end-others', 'sessions-reload', 'sign-out', 'remove-account',
  // settings
  'theme-system', 'theme-light', 'theme-dark', 'language', 'store-change', 'lock-after',
  'clear-clipboard', 'practise', 'version',
] as const;

export type TestId = (typeof testIds)[number];

/** The value of `data-screen` on the root element. */
export const screenNames = [
  'starting', 'first-start', 'accounts', 'account', 'settings', 'add', 'server', 'practice', 'sign-in', 'identifier',
  'code', 'ways', 'second-factor', 'current-password', 'new-password', 'done', 'lock',
] as const;

export type ScreenName = (typeof screenNames)[number];
