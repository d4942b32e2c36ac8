// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { closed, opened } from './opened.tsx';

afterEach(closed);

const rows = async () =>
  within(await screen.findByRole('list', { name: 'Sessions' })).getAllByRole('listitem');

it("shows this browser's session first, then the one that was used last, with device and address", async () => {
  opened('/account/sessions');
  const texts = (await rows()).map(({ textContent }) => textContent ?? '');
  expect(texts).toEqual([
    expect.stringMatching(/^Firefox This one192\.0\.2\.8/),
    expect.stringMatching(/^Unknown browser Unknown address.*Last used/),
    expect.stringMatching(/^Phone 192\.0\.2\.8/),
  ]);
  expect(texts[2]).not.toContain('Last used');
});

it('ends another session after a question, and offers the sign-out for this one', async () => {
  const { api, user } = opened('/account/sessions');
  const [own, , phone] = await rows();
  expect(within(own as HTMLElement).getByRole('link', { name: 'Sign out' })).toBeTruthy();
  expect(within(own as HTMLElement).queryByRole('button')).toBeNull();
  await user.click(within(phone as HTMLElement).getByRole('button', { name: 'End: Phone, 192.0.2.8' }));
  const question = await screen.findByRole('alertdialog');
  await user.click(within(question).getByRole('button', { name: 'End' }));
  await waitFor(async () => expect(await rows()).toHaveLength(2));
  expect(api.asked).toContain('DELETE /.sign-in/sessions/s2');
});

it('ends all others at once, after which there is no other one to end', async () => {
  const { api, user } = opened('/account/sessions');
  await user.click(await screen.findByRole('button', { name: 'End all others' }));
  const question = await screen.findByRole('alertdialog');
  await user.click(within(question).getByRole('button', { name: 'End all others' }));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'End all others' })).toBeNull());
  expect(await rows()).toHaveLength(1);
  expect(api.asked).toContain('DELETE /.sign-in/sessions');
});
