// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { FakeAccounts } from './fake-accounts.ts';
import { closed, opened } from './opened.tsx';

afterEach(closed);

const banner = () => screen.findByRole('region', { name: 'You act as somebody else' });
const impersonation = {
  ...{ id: '1f0e4c5a-0000-4000-8000-000000000001', administrator: 'ada', person: 'bo' },
  ...{ email: 'bo@example.org', reason: 'Ticket 4711: an empty list', until: '2026-03-01T10:15:00.000Z' },
};

/** The pages as an administrator sees them who acts as somebody else. */
function acting(): FakeAccounts {
  const api = new FakeAccounts();
  api.actAs('bo', impersonation);
  api.isStale = false;
  return api;
}

it('begins with a reason, and every page says then as whom the administrator acts', async () => {
  const fake = new FakeAccounts();
  fake.isAdministrator = true;
  const { user } = opened('/admin', fake);
  await user.click(await screen.findByRole('button', { name: 'Act as this person: bo@example.org' }));
  await user.type(screen.getByRole('textbox', { name: 'Reason' }), 'Ticket 4711: an empty list');
  await user.click(screen.getByRole('button', { name: 'Act as bo@example.org' }));
  const shown = await banner();
  expect(shown.textContent).toContain('You act as bo@example.org');
  expect(shown.textContent).toContain('Ticket 4711: an empty list');
  expect(fake.asked).toContain(
    'POST /api/accounts/v1/platform/people/bo/impersonation {"reason":"Ticket 4711: an empty list"}',
  );
  await screen.findByRole('heading', { level: 1, name: 'Organisations' });
  await user.click(screen.getByRole('link', { name: 'Orders' }));
  await screen.findByRole('heading', { level: 1, name: 'Orders' });
  expect(await banner()).toBeTruthy();
});

it('does not begin without a reason', async () => {
  const fake = new FakeAccounts();
  fake.isAdministrator = true;
  const { user } = opened('/admin', fake);
  await user.click(await screen.findByRole('button', { name: 'Act as this person: bo@example.org' }));
  await user.type(screen.getByRole('textbox', { name: 'Reason' }), 'because');
  await user.click(screen.getByRole('button', { name: 'Act as bo@example.org' }));
  await screen.findByText('Say why, in at least 10 characters.');
  expect(fake.asked.filter((line) => line.startsWith('POST'))).toEqual([]);
});

it('is ended by the button of the banner, which goes then', async () => {
  const { api, user } = opened('/orders', acting());
  await user.click(within(await banner()).getByRole('button', { name: 'Stop' }));
  await waitFor(() => expect(screen.queryByRole('region', { name: 'You act as somebody else' })).toBeNull(), {
    timeout: 5_000,
  });
  expect(api.asked).toContain('DELETE /api/accounts/v1/session/impersonation');
  expect(api.person).toBe('ada');
});

it('does not send for one person what was typed for another one, and keeps it', async () => {
  const { api, user } = opened('/organisations', acting());
  await banner();
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Choir');
  // Its time is over.
  api.actAs('ada', null);
  await user.click(screen.getByRole('button', { name: 'Create' }));
  await screen.findByText(/You act as another person now/);
  expect(api.organisations.map(({ name }) => name)).toEqual(['Club']);
  expect(screen.getByRole('textbox', { name: 'Name' })).toHaveProperty('value', 'Choir');
  await waitFor(() => expect(screen.queryByRole('region', { name: 'You act as somebody else' })).toBeNull());
  await user.click(screen.getByRole('button', { name: 'Create' }));
  await screen.findByRole('link', { name: 'Choir' });
});

it('names both in the audit log', async () => {
  opened(`/organisations/${new FakeAccounts().club.id}/audit`);
  expect((await screen.findByText('member.update')).closest('li')?.textContent).toContain(
    'by person:ada on behalf of person:bo from',
  );
});
