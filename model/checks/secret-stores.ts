import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type Loaded } from '../reading/source.ts';
import type { Cluster } from '../schema/cluster.ts';
import { hasStoreRoles, storeTitle } from '../secret-stores.ts';

/** The values of an environment are in one place, and a role of AWS reads them only where the stacks create it. */
export function checkSecretStore({ source, value }: Loaded<Cluster>): Diagnostic[] {
  const { recipients, external } = value.secrets;
  if (external === undefined) return [];
  const both =
    Object.keys(recipients).length === 0
      ? []
      : [
          diagnosticAt(
            source,
            ['secrets', 'recipients'],
            {
              code: 'two-secret-stores',
              what: `the secrets are in ${storeTitle(external)}, and have recipients`,
              why: 'recipients are for values in Git, and nobody would know where a value is',
              fix: 'remove recipients, or remove external',
            },
            'key',
          ),
        ];
  const withoutRole =
    external.kind !== 'aws' || hasStoreRoles(value)
      ? []
      : [
          diagnosticAt(source, ['secrets', 'external', 'kind'], {
            code: 'no-store-role',
            what: `no role in AWS can read the secrets of a cluster with the provider '${value.provider.kind}'`,
            why: 'the stacks create the role of each app, and know no account here',
            fix:
              value.provider.kind === 'machines'
                ? "write the account under provider: buckets: { region: eu-central-1, account: '123456789012' }"
                : 'use kind: openbao, or remove external: the values are then in Git, encrypted',
          }),
        ];
  return [...both, ...withoutRole];
}
