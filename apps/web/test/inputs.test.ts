import { describe, expect, it } from 'vitest';
import { accountsPage } from '../src/accounts-pages.ts';
import {
  deletionInput,
  invitationInput,
  invitationLink,
  keyInput,
  organisationInput,
  organisationSettings,
  roleInput,
} from '../src/inputs.ts';

const key = { name: 'Import', scopes: 'orders.place', days: '90' };
const role = { role: 'clerk', description: '', permissions: 'orders.place' };

describe('a form refuses', () => {
  it.each([
    ['no name', organisationInput, { name: ' ' }, 'Give a name.'],
    ['a name of 201 characters', organisationInput, { name: 'a'.repeat(201) }, 'At most 200 characters.'],
    ['a text for days', organisationSettings, { name: 'Club', auditDays: 'ten' }, 'Write a whole number.'],
    ['days below the least', organisationSettings, { name: 'Club', auditDays: '29' }, 'At least 30.'],
    ['days above the most', organisationSettings, { name: 'Club', auditDays: '3651' }, 'At most 3650.'],
    ['no address', invitationInput, { email: 'ada', roles: ['member'] }, /Write an address/],
    ['no role', invitationInput, { email: 'ada@example.org', roles: [] }, 'Choose at least one role.'],
    ['a name of a role with a space', roleInput, { ...role, role: 'the clerk' }, /At most 40 letters/],
    ['a permission that is one word', roleInput, { ...role, permissions: 'orders' }, /a thing and a verb/],
    ['everything as a permission', roleInput, { ...role, permissions: '*' }, /a thing and a verb/],
    ['a key without scopes', keyInput, { ...key, scopes: ' ' }, /Name at least one/],
    ['a key for more than a year', keyInput, { ...key, days: '366' }, 'At most 365.'],
    ['a link without a token', invitationLink, { link: 'https://app.test/invitations' }, /whole link/],
    ['no address before a deletion', deletionInput, { email: '' }, /Write an address/],
  ])('%s', (_, schema, value, words) => {
    const { error } = schema.safeParse(value);
    const messages = error?.issues.map(({ message }) => message) ?? [];
    expect(messages).toEqual([typeof words === 'string' ? words : expect.stringMatching(words)]);
  });
});

describe('a form takes', () => {
  it('permissions with spaces, commas or lines between them', () => {
    expect(keyInput.parse({ ...key, scopes: 'a.b, c.d\ne.f' })).toEqual({
      ...{ name: 'Import', scopes: ['a.b', 'c.d', 'e.f'], days: 90 },
    });
  });

  it.each(['https://app.test/invitations#plinth_invitation_a-b', ' plinth_invitation_a-b '])(
    'the link %s',
    (link) => {
      expect(invitationLink.parse({ link })).toEqual({ link: 'plinth_invitation_a-b' });
    },
  );
});

it.each([
  ['app.example.org', 'https://accounts.example.org/settings'],
  ['app.dev.localhost:8443', 'https://accounts.dev.localhost:8443/settings'],
  ['pr-12-app.example.org', 'https://accounts.example.org/settings'],
])('at %s the pages of the sign-in are at %s', (host, page) => {
  expect(accountsPage('/settings', `https://${host}`)).toBe(page);
});
