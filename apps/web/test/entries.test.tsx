// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeAccounts, refusal } from './fake-accounts.ts';
import { closed, opened } from './opened.tsx';

/* What is typed is checked, sent once, and kept until it was accepted. */

afterEach(closed);

const name = () => screen.getByRole('textbox', { name: 'Name' });
const create = () => screen.getByRole('button', { name: 'Create' });
const sent = ({ asked }: FakeAccounts) => asked.filter((line) => !line.startsWith('GET'));
const creation = (text: string) => `POST /api/accounts/v1/organisations {"name":"${text}"}`;

async function typed(text: string) {
  const shown = opened('/organisations');
  await screen.findByRole('link', { name: 'Club' });
  await shown.user.type(name(), text);
  return shown;
}

it('sends what was typed, shows the new organisation and empties the field', async () => {
  const { api, user } = await typed('  Choir ');
  await user.click(create());
  await screen.findByRole('link', { name: 'Choir' });
  expect(sent(api)).toEqual([creation('Choir')]);
  await waitFor(() => expect(name()).toHaveProperty('value', ''));
});

it('takes up changed rights and sends the same again: the person sees nothing of it', async () => {
  const { api, user } = await typed('Choir');
  api.isStale = true;
  await user.click(create());
  await screen.findByRole('link', { name: 'Choir' });
  expect(sent(api)).toEqual([creation('Choir'), 'POST /.sign-in/revalidate', creation('Choir')]);
  expect(screen.queryByRole('alert')).toBeNull();
});

it('revalidates once where several requests are refused at the same time', async () => {
  const api = new FakeAccounts();
  api.isStale = true;
  opened('/organisations', api);
  await screen.findByRole('link', { name: 'Club' });
  expect(sent(api)).toEqual(['POST /.sign-in/revalidate']);
});

it('asks for the session again after the rights have changed', async () => {
  const { api, user } = await typed('Choir');
  api.isStale = true;
  api.asked.length = 0;
  await user.click(create());
  await waitFor(() => expect(api.asked).toContain('GET /api/accounts/v1/session'));
});

describe('what was typed stays, and the reason is said', () => {
  it.each([
    [
      'the API refuses it',
      refusal(409, 'already_exists', 'there is one of this name'),
      'There is one of this name.',
    ],
    ['the server fails', refusal(503, 'unavailable', 'no database'), /could not do this \(no database\)/],
    ['too much was asked', refusal(429, 'resource_exhausted', 'ten a minute'), /ten a minute/],
    ['there is no connection', 'no connection' as const, /not reached/],
    ['the session has ended', refusal(401, 'not_signed_in', 'sign in'), /session has ended/],
  ])('where %s', async (_, instead, words) => {
    const { api, user } = await typed('Choir');
    api.instead = instead;
    await user.click(create());
    expect(await screen.findByText(words)).toBeTruthy();
    expect(name()).toHaveProperty('value', 'Choir');
    api.instead = undefined;
    await user.click(create());
    await screen.findByRole('link', { name: 'Choir' });
  });

  it('where the changed rights cannot be taken up', async () => {
    const { api, user } = await typed('Choir');
    api.isStale = true;
    const { answer } = api;
    api.answer = (method, address, body) =>
      address === '/.sign-in/revalidate'
        ? refusal(503, 'unavailable', 'not now')
        : answer.call(api, method, address, body);
    await user.click(create());
    await screen.findByText(/rights have changed/);
    expect(name()).toHaveProperty('value', 'Choir');
  });
});

it('leads to the sign-in in another tab where the session has ended, and no more once it is back', async () => {
  const { api, user } = await typed('Choir');
  api.instead = refusal(401, 'not_signed_in', 'sign in');
  await user.click(create());
  const link = await screen.findByRole('link', { name: 'Sign in in another tab' });
  expect(link.getAttribute('target')).toBe('_blank');
  api.instead = undefined;
  await user.click(create());
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Sign in in another tab' })).toBeNull());
});

it('sends nothing that its schema refuses, says why beside the field, and puts the cursor there', async () => {
  const { api, user } = await typed('   ');
  await user.click(create());
  await screen.findByText('Give a name.');
  expect(name().getAttribute('aria-invalid')).toBe('true');
  expect(document.activeElement).toBe(name());
  expect(sent(api)).toEqual([]);
  await user.type(name(), 'Choir');
  await user.click(create());
  await screen.findByRole('link', { name: 'Choir' });
});
