import { isEncrypted, secretValues } from '../kube/encrypted.ts';
import type { Inventory } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** Rendered objects are committed, so they hold only secrets that SOPS has encrypted. */
export function checkSecrets(inventory: Inventory): Violation[] {
  return inventory
    .all('Secret')
    .filter(({ templated }) => templated === undefined)
    .filter(({ object }) => !isEncrypted(object))
    .filter(({ object }) => secretValues(object).some(([key, value]) => isSecret(key, value)))
    .map((secret) =>
      violation('secret-in-git', secret, {
        what: 'holds a secret that can be read',
        why: 'manifests are committed, and what was in Git once stays in its history',
        fix: 'take a certificate in its place, or encrypt it with SOPS and age',
      }),
    );
}

/** A user name without a password is none, and neither is nothing at all. */
function isSecret(key: string, value: unknown): boolean {
  return value !== '' && key !== 'username';
}
