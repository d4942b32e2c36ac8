import type { Page } from 'playwright-core';
import { z } from 'zod';
import { forwardToPod } from '../../../scripts/call/port-forward.ts';
import { until } from '../../until.ts';

const mailList = z.object({
  messages: z.array(
    z.object({ ID: z.string(), Subject: z.string(), To: z.array(z.object({ Address: z.string() })) }),
  ),
});
type Mail = z.output<typeof mailList>['messages'][number];

/** What Mailpit keeps, newest first. */
export async function mails(cluster: string): Promise<Mail[]> {
  const body = await askMailpit(cluster, '/messages');
  return mailList.parse(body).messages;
}

/** What of the newest mail to an address matches, once there are more than `after`. */
export async function mailed(
  cluster: string,
  address: string,
  after: number,
  pattern: RegExp,
): Promise<string> {
  let found = '';
  await until(async () => {
    const mine = (await mails(cluster)).filter(({ To }) => To.some(({ Address }) => Address === address));
    if (mine.length <= after) return false;
    const mail = z.object({ Text: z.string() }).parse(await askMailpit(cluster, `/message/${mine[0]?.ID}`));
    found = pattern.exec(mail.Text)?.[0] ?? '';
    return found !== '';
  }, `a mail to ${address} with ${pattern}`);
  return found;
}

/** The newest code that was mailed to an address, once there are more mails than `after`. */
export function mailedCode(cluster: string, address: string, after: number): Promise<string> {
  return mailed(cluster, address, after, /\b\d{6}\b/);
}

async function askMailpit(cluster: string, path: string): Promise<unknown> {
  const forward = await forwardToPod(cluster, 'mailpit', 8025);
  try {
    return await (await fetch(`http://127.0.0.1:${forward.port}/api/v1${path}`)).json();
  } finally {
    forward.close();
  }
}

/** Signs in by a password, from the page of the sign-in. */
export async function signInBy(page: Page, address: string, password: string): Promise<void> {
  await page.locator('input[name="identifier"]').first().fill(address);
  await sendPassword(page, password);
}

/** Asks for an account with a password, from the page of the sign-in. Kratos mails a code then. */
export async function register(page: Page, address: string, password: string): Promise<void> {
  await page
    .getByRole('link', { name: /account/i })
    .first()
    .click();
  await page.locator('input[name="traits.email"]').fill(address);
  await sendPassword(page, password);
}

/** Kratos asks for the address first where there are several ways to sign in. */
async function sendPassword(page: Page, password: string): Promise<void> {
  const field = page.locator('input[name="password"]');
  if ((await field.count()) === 0) await page.locator('button[name="method"]').first().click();
  await field.first().fill(password);
  await page.locator('button[name="method"][value="password"]').first().click();
}
