// @vitest-environment happy-dom
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeAccounts, refusal } from './fake-accounts.ts';
import { closed, opened } from './opened.tsx';

/* Rights that change while somebody types: each form of the pages sends the same again, and loses nothing that was typed. */

afterEach(closed);

const club = `/organisations/${new FakeAccounts().club.id}`;
const ofClub = `/api/accounts/v1${club}`;

interface Form {
  path: string;
  label: string;
  /** What is typed, by the name of its field. */
  typed: Record<string, string>;
  button: string;
  /** `METHOD PATH` of what it sends. */
  sends: string;
  /** What must be pressed first to see the form. */
  behind?: string;
  /** The permission without which the page does not offer it. */
  permission?: string;
}

const forms: Form[] = [
  {
    ...{ path: '/organisations', label: 'New organisation', typed: { Name: 'Choir' }, button: 'Create' },
    sends: 'POST /api/accounts/v1/organisations',
  },
  {
    ...{ path: club, label: 'Invite', typed: { Address: 'cy@example.org' }, button: 'Send the invitation' },
    ...{ sends: `POST ${ofClub}/invitations`, permission: 'invitations.create' },
  },
  {
    ...{ path: club, label: 'Roles of ada@example.org', typed: {}, button: 'Save' },
    ...{ sends: `PUT ${ofClub}/members/ada`, behind: 'Change roles: ada@example.org' },
    permission: 'members.update',
  },
  {
    ...{ path: `${club}/roles`, label: 'Add or replace a role', button: 'Save the role' },
    ...{ typed: { Name: 'singer', Permissions: 'orders.read' }, sends: `PUT ${ofClub}/roles/singer` },
    permission: 'roles.update',
  },
  {
    ...{ path: `${club}/keys`, label: 'New key', button: 'Create the key', permission: 'keys.create' },
    ...{ typed: { Name: 'Import', Permissions: 'orders.read' }, sends: `POST ${ofClub}/keys` },
  },
  {
    ...{ path: `${club}/settings`, label: 'Settings', typed: { Name: 'Theatre' }, button: 'Save' },
    ...{ sends: `PATCH ${ofClub}`, permission: 'organisation.update' },
  },
  {
    ...{ path: '/account', label: 'Delete the account', button: 'Delete my account' },
    ...{ typed: { 'Your address, to confirm': 'ada@example.org' } },
    sends: 'POST /api/accounts/v1/person/delete',
  },
  {
    ...{ path: '/admin', label: 'Act as bo@example.org', button: 'Act as bo@example.org' },
    ...{ typed: { Reason: 'Ticket 4711: an empty list' }, behind: 'Act as this person: bo@example.org' },
    sends: 'POST /api/accounts/v1/platform/people/bo/impersonation',
  },
  {
    ...{
      path: '/orders',
      label: 'New order',
      button: 'Place the order',
      sends: 'POST /api/orders/v1/orders',
    },
    typed: { Customer: 'Choir', Article: 'column-3', Quantity: '2', 'Price of one': '12.50' },
  },
];

/** The form, filled in. */
async function filled({ path, label, typed, behind }: Form) {
  const fake = new FakeAccounts();
  fake.isAdministrator = true;
  const { api, user } = opened(path, fake);
  if (behind !== undefined) await user.click(await screen.findByRole('button', { name: behind }));
  const form = await screen.findByRole('form', { name: label });
  await type(user, form, typed);
  return { api, user, form };
}

async function type(user: UserEvent, form: HTMLElement, typed: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(typed)) {
    const field = within(form).getByRole('textbox', { name });
    await user.clear(field);
    await user.type(field, text);
  }
}

const sentBy = ({ asked }: FakeAccounts, { sends }: Form) =>
  asked.filter((line) => line === sends || line.startsWith(`${sends} `));

it('every form of the pages is among them', () => {
  const folder = join(import.meta.dirname, '../src/pages');
  const found = globSync('**/*.tsx', { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/<Entry\s+label=(?:"([^"]+)"|\{`([^`$]+))/g)].map(
      ([, plain, beginning = '']) => plain ?? beginning,
    ),
  );
  // It sends nothing: what is pasted leads to a question.
  const sending = found.filter((label) => label !== 'Invitation');
  expect(sending).toHaveLength(forms.length);
  for (const label of sending) expect(forms.some((form) => form.label.startsWith(label))).toBe(true);
});

describe('rights that changed while somebody typed', () => {
  it.each(forms)('are taken up, and $label sends the same again', async (form) => {
    const { api, user, form: shown } = await filled(form);
    api.isStale = true;
    await user.click(within(shown).getByRole('button', { name: form.button }));
    await waitFor(() => expect(sentBy(api, form)).toHaveLength(2));
    const [first, second] = sentBy(api, form);
    expect(second).toBe(first);
    expect(api.asked.filter((line) => line === 'POST /.sign-in/revalidate').length).toBeGreaterThan(0);
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
  });

  it.each(forms)('and are fewer now leave what was typed in $label, and say why', async (form) => {
    const { api, user, form: shown } = await filled(form);
    api.isStale = true;
    // The rights that are taken up no longer have the one of this form.
    api.permissions = ['members.read', 'audit.read', 'keys.read', 'invitations.read'];
    const { answer } = api;
    api.answer = (method, address, body) =>
      !api.isStale && `${method} ${address}` === form.sends
        ? refusal(403, 'permission_denied', 'this takes a permission')
        : answer.call(api, method, address, body);
    await user.click(within(shown).getByRole('button', { name: form.button }));
    await within(shown).findByText('This takes a permission.');
    // The session is asked for again, and the page knows the fewer rights.
    const sessions = () => api.asked.filter((line) => line.endsWith('/v1/session'));
    await waitFor(() => expect(sessions().length).toBeGreaterThan(1));
    await new Promise((done) => setTimeout(done, 50));
    for (const [name, text] of Object.entries(form.typed))
      expect(within(shown).getByRole('textbox', { name })).toHaveProperty('value', text);
    expect(shown.isConnected).toBe(true);
  });

  it.each(forms.filter(({ permission }) => permission !== undefined && permission !== 'members.update'))(
    'and were fewer before leave out $label, where nothing was typed',
    async ({ path, label }) => {
      const fake = new FakeAccounts();
      fake.permissions = ['members.read', 'audit.read', 'keys.read', 'invitations.read'];
      opened(path, fake);
      await waitFor(() => expect(screen.queryByRole('form', { name: label })).toBeNull());
    },
  );
});
