import { createHash } from 'node:crypto';
import { ApiObject, type Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { type EncryptedSecret, secretObjectName } from '../../model/schema/encrypted-secret.ts';
import type { Login } from '../../model/schema/external.ts';
import { annotations } from '../kube/names.ts';
import { externalSecret, secretStore } from './secret-store.ts';

const folder = '/secrets';

/**
 * The Secrets that an app uses, in the app's component: encrypted ones, which Flux decrypts, or requests for those of an external store.
 * The login of its migrations is in their component, which is applied first, and so is then the store.
 */
export function secretObjects(
  chart: Chart,
  { env, app, migrations }: { env: Environment; app: EnvironmentApp; migrations: Login | undefined },
): void {
  const used = secretUses(app).filter(({ name }) => name !== migrations?.name);
  const store = env.cluster.secrets.external;
  if (store === undefined) {
    for (const use of used)
      new ApiObject(chart, `secret-${use.name}`, { ...encryptedOf(app, use), ...typeOf(use.as) });
    return;
  }
  if (used.length > 0 && migrations === undefined) secretStore(chart, app, store);
  for (const use of used) externalSecret(chart, env, app, { store, use });
}

/** Logins of registries have a type of their own; SOPS does not count it in its MAC. */
function typeOf(as: Login['as']): { type?: string } {
  return as === 'pull' ? { type: 'kubernetes.io/dockerconfigjson' } : {};
}

/** The logins by which nodes pull the images of an app's pods; none where registries ask for none. */
export function pullSecrets(app: EnvironmentApp): { imagePullSecrets?: k8s.LocalObjectReference[] } {
  const used = secretUses(app).filter(({ as }) => as === 'pull');
  return used.length === 0
    ? {}
    : { imagePullSecrets: used.map(({ name }) => ({ name: secretObjectName(name) })) };
}

/** The Secret of the login of an app's migrations, with the store that it comes from, if that is external. */
export function loginObject(chart: Chart, env: Environment, app: EnvironmentApp, login: Login): void {
  const store = env.cluster.secrets.external;
  if (store === undefined) {
    new ApiObject(chart, `secret-${login.name}`, encryptedOf(app, login));
    return;
  }
  secretStore(chart, app, store);
  externalSecret(chart, env, app, { store, use: login });
}

/** Variables, volumes and mounts of the secrets that an app uses. */
export interface SecretFiles {
  env: k8s.EnvVar[];
  volumes: k8s.Volume[];
  volumeMounts: k8s.VolumeMount[];
}

/** Variables and files with the values of the secrets that an app uses. */
export function secretFiles(app: EnvironmentApp): SecretFiles {
  return filesOf(secretUses(app));
}

/** The same for one login. */
export function loginFiles(login: Login): SecretFiles {
  return filesOf([login]);
}

function filesOf(secrets: readonly Login[]): SecretFiles {
  const files: SecretFiles = { env: [], volumes: [], volumeMounts: [] };
  for (const { name, keys, as } of secrets) {
    if (as === 'pull') continue;
    const object = secretObjectName(name);
    if (as === 'variables') {
      files.env.push(
        ...keys.map((key) => ({ name: key, valueFrom: { secretKeyRef: { name: object, key } } })),
      );
      continue;
    }
    files.volumes.push({
      name: object,
      // Readable by root and the pod's group, like the keys of certificates.
      secret: { secretName: object, defaultMode: 0o440, items: keys.map((key) => ({ key, path: key })) },
    });
    files.volumeMounts.push({ name: object, mountPath: `${folder}/${name}`, readOnly: true });
  }
  return files;
}

/**
 * Pod annotation that changes with the values of an app's secrets, but not with their recipients or with logins of registries; absent if it uses none. A change
 * replaces the pods, because a process reads variables only at its start. No render knows the values of an external store.
 */
export function secretsAnnotation(app: EnvironmentApp): Record<string, string> {
  const used = secretUses(app).filter(({ as }) => as !== 'pull');
  if (used.length === 0 || app.secrets.length === 0) return {};
  const values = used.map((use) => [use.name, Object.entries(encryptedOf(app, use).data)]);
  const hash = createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
  return { [annotations.secrets]: hash };
}

/** The secret edges of an app, and its logins. */
function secretUses(app: EnvironmentApp): Login[] {
  return [...app.uses.filter((use) => use.kind === 'secret'), ...app.logins];
}

/** The encrypted Secret of an edge; checks/secrets.ts refuses an edge without one. */
function encryptedOf(app: EnvironmentApp, { name }: Login): EncryptedSecret {
  const encrypted = app.secrets.find(({ metadata }) => metadata.name === secretObjectName(name));
  if (encrypted === undefined) throw new Error(`${app.name} uses the secret ${name}, which is not there`);
  return encrypted;
}
