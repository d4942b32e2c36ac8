import { isEncrypted, secretValues } from '../kube/encrypted.ts';
import type { Inventory } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** Rendered objects are committed, so they may contain only secrets that SOPS has encrypted. */
export function checkSecrets(inventory: Inventory): Violation[] {
  return inventory
    .all('Secret')
    .filter(({ templated }) => templated === undefined)
    .filter(({ object }) => !isEncrypted(object))
    .filter(({ object }) => secretValues(object).some(([key, value]) => isSecret(key, value)))
    .map((secret) =>
      violation('secret-in-git', secret, {
        what: 'has a secret in plain text',
        why: 'manifests are committed, and the history of Git keeps it',
        fix: 'use a certificate instead, or encrypt it with SOPS and age',
      }),
    );
}

/** A user name without a password, or an empty value, is not a secret. */
function isSecret(key: string, value: unknown): boolean {
  return value !== '' && key !== 'username';
}
