import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Smallest number of characters of a secret: with fewer, it can be guessed from one signed delivery. */
const fewest = 16;

/**
 * Reads a key of the mounted Secret, without a line feed at its end. It is read at each use: the kubelet updates the file of a
 * changed Secret.
 * @throws Error if the key is missing or too short to be a secret.
 */
export function readSecret(folder: string, key: string): string {
  const value = readFileSync(join(folder, key), 'utf8').replace(/\r?\n$/, '');
  if (value.length >= fewest) return value;
  throw new Error(
    `the key ${key} of the Secret has ${value.length} characters; at least ${fewest} are needed`,
  );
}
