// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeAccounts, refusal } from './fake-accounts.ts';
import { closed, opened } from './opened.tsx';

afterEach(closed);

const sent = ({ asked }: FakeAccounts) => asked.filter((line) => !line.startsWith('GET'));
const at = (path = '') => `/organisations/${new FakeAccounts().club.id}${path}`;
const api = (path: string) => `/api/accounts/v1/organisations/${new FakeAccounts().club.id}${path}`;

describe('the navigation', () => {
  it('has the sign-out, and no administration for others than administrators', async () => {
    opened('/organisations');
    expect(screen.getByRole('link', { name: 'Sign out' }).getAttribute('href')).toBe('/.sign-in/out');
    await screen.findByRole('link', { name: 'Club' });
    expect(screen.queryByRole('link', { name: 'Administration' })).toBeNull();
  });

  it('puts the focus on the heading of the next page', async () => {
    const { user } = opened('/organisations');
    await user.click(screen.getByRole('link', { name: 'Your account' }));
    const heading = await screen.findByRole('heading', { level: 1, name: 'Your account' });
    await waitFor(() => expect(document.activeElement).toBe(heading));
    expect(document.title).toBe('Your account');
  });

  it('says where nothing is', async () => {
    opened('/nowhere');
    await screen.findByRole('heading', { level: 1, name: 'Nothing is here' });
  });
});

describe('an organisation', () => {
  it('shows members page by page', async () => {
    const { user } = opened(at());
    await screen.findByText('Ada');
    expect(screen.queryByText('bo@example.org')).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Show more' }));
    await screen.findByText('bo@example.org');
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  it('invites with the chosen roles, and shows the invitation', async () => {
    const shown = opened(at());
    await screen.findByRole('checkbox', { name: /clerk/ });
    await shown.user.type(screen.getByRole('textbox', { name: 'Address' }), 'cy@example.org');
    await shown.user.click(screen.getByRole('checkbox', { name: /clerk/ }));
    await shown.user.click(screen.getByRole('button', { name: 'Send the invitation' }));
    await screen.findByText('cy@example.org');
    expect(sent(shown.api)).toEqual([
      `POST ${api('/invitations')} {"email":"cy@example.org","roles":["member","clerk"]}`,
    ]);
  });

  it('invites nobody without a role', async () => {
    const shown = opened(at());
    await shown.user.type(await screen.findByRole('textbox', { name: 'Address' }), 'cy@example.org');
    await shown.user.click(await screen.findByRole('checkbox', { name: /member/ }));
    await shown.user.click(screen.getByRole('button', { name: 'Send the invitation' }));
    await screen.findByText('Choose at least one role.');
    expect(sent(shown.api)).toEqual([]);
  });

  it('replaces the roles of a member', async () => {
    const shown = opened(at());
    await shown.user.click(await screen.findByRole('button', { name: 'Change roles: ada@example.org' }));
    const form = await screen.findByRole('form', { name: 'Roles of ada@example.org' });
    await shown.user.click(within(form).getByRole('checkbox', { name: /clerk/ }));
    await shown.user.click(within(form).getByRole('button', { name: 'Save' }));
    await within(form).findByText('The roles were changed.');
    expect(sent(shown.api)).toEqual([`PUT ${api('/members/ada')} {"roles":["owner","clerk"]}`]);
  });

  it('asks before it removes somebody, and does nothing on Cancel', async () => {
    const shown = opened(at());
    await shown.user.click(await screen.findByRole('button', { name: 'Show more' }));
    await shown.user.click(await screen.findByRole('button', { name: 'Remove: bo@example.org' }));
    const question = await screen.findByRole('alertdialog', { name: 'Remove bo@example.org?' });
    await shown.user.click(within(question).getByRole('button', { name: 'Cancel' }));
    expect(sent(shown.api)).toEqual([]);
    await shown.user.click(await screen.findByRole('button', { name: 'Remove: bo@example.org' }));
    await shown.user.click(
      within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Remove' }),
    );
    await waitFor(() => expect(sent(shown.api)).toEqual([`DELETE ${api('/members/bo')}`]));
  });

  it('offers nothing that the session may not do', async () => {
    const fake = new FakeAccounts();
    fake.permissions = ['members.read'];
    opened(at(), fake);
    await screen.findByText('Ada');
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Send the invitation' })).toBeNull());
    expect(screen.queryByRole('link', { name: 'API keys' })).toBeNull();
    expect(screen.queryByRole('button', { name: /Change roles/ })).toBeNull();
    // Everyone may leave.
    expect(screen.getByRole('button', { name: 'Leave: ada@example.org' })).toBeTruthy();
  });

  it('shows the secret of a new key once', async () => {
    const shown = opened(at('/keys'));
    await shown.user.type(await screen.findByRole('textbox', { name: 'Name' }), 'Import');
    await shown.user.type(screen.getByRole('textbox', { name: 'Permissions' }), 'orders.place orders.read');
    await shown.user.click(screen.getByRole('button', { name: 'Create the key' }));
    await screen.findByText('plinth_key_abcdef');
    const [line = ''] = sent(shown.api);
    expect(line).toContain('"scopes":["orders.place","orders.read"]');
    const [, ends = ''] = /"expiresAt":"([^"]+)"/.exec(line) ?? [];
    expect(Math.round((Date.parse(ends) - Date.now()) / 86_400_000)).toBe(90);
  });

  it('shows who changed what in the audit log', async () => {
    opened(at('/audit'));
    await screen.findByText('member.update');
    expect(screen.getByText('{"roles":["clerk","member"]}')).toBeTruthy();
  });

  it('saves the whole audit log as a file, oldest entry first, and says why where it cannot', async () => {
    const shown = opened(at('/audit'));
    await screen.findByText('member.update');
    const saved: Blob[] = [];
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      if (blob instanceof Blob) saved.push(blob);
      return 'blob:saved';
    });
    // happy-dom would go to the address in place of saving it.
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
    shown.api.asked.length = 0;
    await shown.user.click(screen.getByRole('button', { name: 'Download the whole log' }));
    await waitFor(() => expect(saved).toHaveLength(1));
    const lines = ((await saved[0]?.text()) ?? '').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ action: 'member.update', before: { roles: ['member'] } }),
      expect.objectContaining({ action: 'role.put' }),
    ]);
    expect(shown.api.asked).toEqual(
      ['', '2'].map((token) => `GET ${api('/audit')}?oldestFirst=true&pageSize=1000&pageToken=${token}`),
    );
    shown.api.instead = refusal(403, 'permission_denied', 'this takes the permission audit.read');
    await shown.user.click(screen.getByRole('button', { name: 'Download the whole log' }));
    await screen.findByText('This takes the permission audit.read.');
    expect(saved).toHaveLength(1);
    vi.restoreAllMocks();
  });
});

describe('an invitation', () => {
  it('is accepted by its token after #, and only on a press', async () => {
    const shown = opened('/invitations#plinth_invitation_abc');
    const accept = await screen.findByRole('button', { name: 'Accept the invitation' });
    expect(sent(shown.api)).toEqual([]);
    await shown.user.click(accept);
    await screen.findByRole('link', { name: 'Club' });
    expect(sent(shown.api)).toEqual([
      'POST /api/accounts/v1/invitations/accept {"token":"plinth_invitation_abc"}',
    ]);
  });

  it('is taken from a pasted link where the sign-in lost what stands after #', async () => {
    const shown = opened('/invitations');
    await shown.user.type(
      await screen.findByRole('textbox', { name: 'Link in the mail' }),
      'https://app.test/invitations#plinth_invitation_abc',
    );
    await shown.user.click(screen.getByRole('button', { name: 'Continue' }));
    await shown.user.click(await screen.findByRole('button', { name: 'Accept the invitation' }));
    await screen.findByRole('link', { name: 'Club' });
    expect(sent(shown.api)).toEqual([
      'POST /api/accounts/v1/invitations/accept {"token":"plinth_invitation_abc"}',
    ]);
  });
});

it('the account leads to the pages of the sign-in, at the host beside this one', async () => {
  opened('/account');
  const link = await screen.findByRole('link', { name: /passkeys and second factor/ });
  expect(link.getAttribute('href')).toMatch(/^https?:\/\/accounts\S*\/settings$/);
});

it('an administrator sees people with their sessions, and signs one out', async () => {
  const fake = new FakeAccounts();
  fake.isAdministrator = true;
  const { user } = opened('/admin', fake);
  await screen.findByRole('link', { name: 'Administration' });
  await user.click(await screen.findByRole('button', { name: 'Show sessions: bo@example.org' }));
  await screen.findByText(/192\.0\.2\.7/);
  await user.click(screen.getByRole('button', { name: 'Sign out everywhere: bo@example.org' }));
  const question = await screen.findByRole('alertdialog');
  await user.click(within(question).getByRole('button', { name: 'Sign out everywhere' }));
  await waitFor(() => expect(sent(fake)).toEqual(['DELETE /api/accounts/v1/platform/people/bo/sessions']));
});

it('an administrator sees the members and roles of an organisation', async () => {
  const fake = new FakeAccounts();
  fake.isAdministrator = true;
  const { user } = opened('/admin/organisations', fake);
  await user.click(await screen.findByRole('button', { name: 'Show members and roles: Club' }));
  expect((await screen.findByText('Ada, ada@example.org')).closest('li')?.textContent).toContain('owner');
  await screen.findByText('orders.place');
});

it('an administrator sees the queues, and has a failed job tried again', async () => {
  const fake = new FakeAccounts();
  fake.isAdministrator = true;
  const { user } = opened('/admin/jobs', fake);
  await screen.findByText(/^3 waiting, 1 running, 0 to be tried again, 1 failed; 40 done/);
  await user.click(screen.getByRole('button', { name: 'Show failed jobs: orders.confirm' }));
  await screen.findByText(/tried 6 times: no such order/);
  await user.click(screen.getByRole('button', { name: /^Try again: 2f0e4c5a/ }));
  await screen.findByText('None failed.');
  await screen.findByText(/^4 waiting, 1 running, 0 to be tried again, 0 failed/);
  expect(sent(fake)).toEqual([
    'POST /api/accounts/v1/platform/queues/orders.confirm/jobs/2f0e4c5a-0000-4000-8000-000000000001/retry',
  ]);
});
