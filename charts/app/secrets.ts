import { createHash } from 'node:crypto';
import { ApiObject, type Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { EnvironmentApp } from '../../model/graph.ts';
import { secretObjectName } from '../../model/schema/encrypted-secret.ts';
import type { Login } from '../../model/schema/external.ts';
import { annotations } from '../kube/names.ts';

const folder = '/secrets';

/**
 * The encrypted Secrets that an app uses, as they stand beside it: Flux decrypts them. The login of its migrations stands with
 * those, which come before it.
 */
export function secretObjects(chart: Chart, app: EnvironmentApp, migrations?: Login): void {
  for (const { name, encrypted } of usedSecrets(app))
    if (name !== migrations?.name) new ApiObject(chart, `secret-${name}`, encrypted);
}

/** The encrypted Secret of a login. */
export function loginObject(chart: Chart, app: EnvironmentApp, login: Login): void {
  const { encrypted } = withValues(app, login);
  new ApiObject(chart, `secret-${login.name}`, encrypted);
}

/** What a pod gets of the secrets that its app uses. */
export interface SecretFiles {
  env: k8s.EnvVar[];
  volumes: k8s.Volume[];
  volumeMounts: k8s.VolumeMount[];
}

/** Variables and files with the values of the secrets that an app uses. */
export function secretFiles(app: EnvironmentApp): SecretFiles {
  return filesOf(usedSecrets(app));
}

/** The same of one login. */
export function loginFiles(login: Login): SecretFiles {
  return filesOf([login]);
}

function filesOf(secrets: readonly Login[]): SecretFiles {
  const files: SecretFiles = { env: [], volumes: [], volumeMounts: [] };
  for (const { name, keys, as } of secrets) {
    const object = secretObjectName(name);
    if (as === 'variables') {
      files.env.push(
        ...keys.map((key) => ({ name: key, valueFrom: { secretKeyRef: { name: object, key } } })),
      );
      continue;
    }
    files.volumes.push({
      name: object,
      // Of root and of the pod's group, like the keys of certificates.
      secret: { secretName: object, defaultMode: 0o440, items: keys.map((key) => ({ key, path: key })) },
    });
    files.volumeMounts.push({ name: object, mountPath: `${folder}/${name}`, readOnly: true });
  }
  return files;
}

/**
 * An annotation for pods that changes with the values of the secrets of an app, and not with those who can read them; none
 * where it uses none. It replaces the pods: a process reads variables only when it starts.
 */
export function secretsAnnotation(app: EnvironmentApp): Record<string, string> {
  const used = usedSecrets(app);
  if (used.length === 0) return {};
  const values = used.map(({ name, encrypted }) => [name, Object.entries(encrypted.data)]);
  const hash = createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
  return { [annotations.secrets]: hash };
}

type UsedSecret = Login & { encrypted: EnvironmentApp['secrets'][number] };

/** The uses of an app with what is encrypted for them; checks/secrets.ts has made sure that it is there. */
function usedSecrets(app: EnvironmentApp): UsedSecret[] {
  const own = app.uses.filter((use) => use.kind === 'secret');
  return [...own, ...app.logins].map((use) => withValues(app, use));
}

function withValues(app: EnvironmentApp, use: Login): UsedSecret {
  const encrypted = app.secrets.find(({ metadata }) => metadata.name === secretObjectName(use.name));
  if (encrypted === undefined) throw new Error(`${app.name} uses the secret ${use.name}, which is not there`);
  return { ...use, encrypted };
}
