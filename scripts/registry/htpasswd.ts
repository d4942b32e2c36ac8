import { z } from 'zod';

/** Name of a login: no colon, which ends a name in the file. */
export const loginName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'up to 63 of a-z, 0-9, . _ and -, of which the first is a letter or a digit',
  );

/** Names in an htpasswd file, sorted. */
export function loginsIn(text: string): string[] {
  return linesOf(text)
    .map((line) => line.split(':')[0] ?? '')
    .sort();
}

/** The file with one login added or given another hash, sorted. */
export function withLogin(text: string, name: string, hash: string): string {
  return joined([...linesOf(withoutLogin(text, name)), `${name}:${hash}`]);
}

/** The file without one login. */
export function withoutLogin(text: string, name: string): string {
  return joined(linesOf(text).filter((line) => !line.startsWith(`${name}:`)));
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function joined(lines: readonly string[]): string {
  return [...lines]
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}
