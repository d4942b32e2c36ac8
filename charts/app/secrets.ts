import { createHash } from 'node:crypto';
import { ApiObject, type Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { EnvironmentApp } from '../../model/graph.ts';
import { secretObjectName } from '../../model/schema/encrypted-secret.ts';
import type { Login } from '../../model/schema/external.ts';
import { annotations } from '../kube/names.ts';

const folder = '/secrets';

/**
 * The encrypted Secrets that an app uses, in the app's component; Flux decrypts them. The login of its migrations is in their
 * component, which is applied first.
 */
export function secretObjects(chart: Chart, app: EnvironmentApp, migrations?: Login): void {
  for (const { name, as, encrypted } of usedSecrets(app))
    if (name !== migrations?.name) new ApiObject(chart, `secret-${name}`, { ...encrypted, ...typeOf(as) });
}

/** Logins of registries have a type of their own; SOPS does not count it in its MAC. */
function typeOf(as: Login['as']): { type?: string } {
  return as === 'pull' ? { type: 'kubernetes.io/dockerconfigjson' } : {};
}

/** The logins by which nodes pull the images of an app's pods; none where registries ask for none. */
export function pullSecrets(app: EnvironmentApp): { imagePullSecrets?: k8s.LocalObjectReference[] } {
  const used = usedSecrets(app).filter(({ as }) => as === 'pull');
  return used.length === 0
    ? {}
    : { imagePullSecrets: used.map(({ name }) => ({ name: secretObjectName(name) })) };
}

/** The encrypted Secret of a login. */
export function loginObject(chart: Chart, app: EnvironmentApp, login: Login): void {
  const { encrypted } = withValues(app, login);
  new ApiObject(chart, `secret-${login.name}`, encrypted);
}

/** Variables, volumes and mounts of the secrets that an app uses. */
export interface SecretFiles {
  env: k8s.EnvVar[];
  volumes: k8s.Volume[];
  volumeMounts: k8s.VolumeMount[];
}

/** Variables and files with the values of the secrets that an app uses. */
export function secretFiles(app: EnvironmentApp): SecretFiles {
  return filesOf(usedSecrets(app));
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
 * replaces the pods, because a process reads variables only at its start.
 */
export function secretsAnnotation(app: EnvironmentApp): Record<string, string> {
  const used = usedSecrets(app).filter(({ as }) => as !== 'pull');
  if (used.length === 0) return {};
  const values = used.map(({ name, encrypted }) => [name, Object.entries(encrypted.data)]);
  const hash = createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
  return { [annotations.secrets]: hash };
}

type UsedSecret = Login & { encrypted: EnvironmentApp['secrets'][number] };

/** The secret edges of an app with their encrypted Secrets; checks/secrets.ts refuses an edge without one. */
function usedSecrets(app: EnvironmentApp): UsedSecret[] {
  const own = app.uses.filter((use) => use.kind === 'secret');
  return [...own, ...app.logins].map((use) => withValues(app, use));
}

function withValues(app: EnvironmentApp, use: Login): UsedSecret {
  const encrypted = app.secrets.find(({ metadata }) => metadata.name === secretObjectName(use.name));
  if (encrypted === undefined) throw new Error(`${app.name} uses the secret ${use.name}, which is not there`);
  return { ...use, encrypted };
}
