import { expect } from 'vitest';
import { type Visited, Visitor } from '../sign-in/visitor.ts';
import type { SignInStack } from './sign-in-stack.ts';

/** Who the app was told that asks. */
export function personOf({ status, text }: Visited): Record<string, unknown> {
  expect(status, text).toBe(200);
  const { headers } = JSON.parse(text);
  return JSON.parse(
    Buffer.from(String(headers['x-plinth-person']).split('.')[1] ?? '', 'base64url').toString(),
  );
}

/** A new account with a password, whose address is verified. */
export async function registerAt(stack: SignInStack, email: string, password: string): Promise<void> {
  const browser = new Visitor(stack.proxy.ports.visitors);
  const profile = await browser.get(`${stack.accounts}/registration`);
  const chosen = await browser.send(profile, 'profile', { 'traits.email': email, 'traits.name': 'Ada' });
  const sent = await browser.send(chosen, 'password', { password });
  expect(sent.url.pathname, sent.text).toBe('/verification');
  const code = await stack.code(email);
  const verified = await browser.send(sent, 'code', { code });
  expect(verified.text).toContain('class="says success"');
}
