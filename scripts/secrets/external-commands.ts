import type { ExternalStore } from '../../model/schema/cluster/secrets.ts';

/** The command that sets one value of a secret in a store; the value is never an argument. */
export function setCommand(store: ExternalStore, path: string, key: string): string {
  if (store.kind === 'openbao')
    return `bao kv patch -address=${store.server} -mount=${store.mount} ${path} ${key}=- (or put for the first value)`;
  return `aws secretsmanager put-secret-value --region ${store.region} --secret-id ${path} --secret-string file://values.json (a JSON object with ${key} and all other keys; create-secret --name for the first value)`;
}

/** The command that lists the secrets of an environment, without values. */
export function listCommand(store: ExternalStore, environment: string): string {
  const folder = `${store.prefix === undefined ? '' : `${store.prefix}/`}${environment}`;
  return store.kind === 'openbao'
    ? `bao kv list -address=${store.server} -mount=${store.mount} ${folder}`
    : `aws secretsmanager list-secrets --region ${store.region} --filters Key=name,Values=${folder}/`;
}
