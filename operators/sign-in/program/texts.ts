/** Flows of Kratos, each with a page of the same name. */
export const flows = ['login', 'registration', 'recovery', 'verification', 'settings'] as const;
export type FlowKind = (typeof flows)[number];

export const titles: Readonly<Record<FlowKind, string>> = {
  login: 'Sign in',
  registration: 'Create an account',
  recovery: 'Recover your account',
  verification: 'Confirm your address',
  settings: 'Your account',
};

/** Headings of the sections of a page, by Kratos' node group, in the order of the page. */
export const groups: readonly (readonly [group: string, heading: string])[] = [
  ['default', ''],
  ['profile', 'Profile'],
  ['password', 'Password'],
  ['code', 'Code by mail'],
  ['link', 'Link by mail'],
  ['identifier_first', ''],
  ['totp', 'Authenticator app'],
  ['lookup_secret', 'Recovery codes'],
  ['webauthn', 'Security keys'],
  ['passkey', 'Passkeys'],
  ['oidc', 'Other accounts'],
];

const mailed =
  'A mail with a code and a link was sent. Type the code here, or open the link in this browser. If no mail comes, compare the address.';

/** Messages with a remedy for those of Kratos (text/id.go) whose own text has none. */
const explained: Readonly<Record<number, string>> = {
  1010014:
    'If an account has this address, a mail with a code and a link was sent to it. Type the code here, or open the link in this browser. If no mail comes, begin again and compare the address.',
  1040005: mailed,
  4000002: 'This is missing.',
  4000005: 'This password cannot be taken. Write a longer one that is used nowhere else.',
  4000006:
    'The address or the password is wrong. Look for capital letters and another keyboard, or recover your account.',
  4000007: 'An account with this address exists already. Sign in, or recover the account.',
  4000008:
    'The code is wrong or too old. Wait for the next one in your authenticator app, and compare the clock of your phone.',
  4000010: 'Your address is not confirmed yet. Open the mail that was sent to it, or have another one sent.',
  4000012: 'This recovery code was used before. Each is good once: take another one.',
  4000016: 'This is none of your recovery codes.',
  4000031: 'The password is too like your address. Write another one.',
  4000034: 'This password stands in lists of stolen passwords. Write another one.',
  4010001: 'You took too long, and this page was too old. It is new now: try again.',
  4010008: 'The code is wrong or was used before. Have another one sent. After five wrong ones, begin again.',
  4040001: 'You took too long, and this page was too old. It is new now: try again.',
  4040003: 'The code is wrong or was used before. Have another one sent.',
  4050001: 'You took too long, and this page was too old. It is new now: try again.',
  4060004: 'The link is wrong or was used before. Have another one sent.',
  4060005: 'You took too long, and this page was too old. It is new now: try again.',
  4060006: 'The code is wrong or was used before. Have another one sent.',
  4070001: 'The link is wrong or was used before. Have another one sent.',
  4070005: 'You took too long, and this page was too old. It is new now: try again.',
  4070006: 'The code is wrong or was used before. Have another one sent.',
};

export function explain(id: number, text: string): string {
  return explained[id] ?? text;
}
