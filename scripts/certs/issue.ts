import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { trustName } from '../../charts/kube/names.ts';
import { suggest } from '../../model/diagnostics/nearest.ts';
import type { Environment } from '../../model/graph.ts';
import { mutualPort, peopleNamespace, personCertificate, personName } from '../../model/identity.ts';
import { readYaml } from '../../model/reading/read-yaml.ts';
import { identityFolder } from '../call/connection.ts';
import { Failure } from '../cli/failure.ts';
import { type ClusterClient, clusterClient, kubeconfigPath } from '../cluster/client.ts';
import { ask, isNotFound } from '../cluster/request.ts';
import { isTrue, watchUntil } from '../cluster/watch-until.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';

/** A person's certificate on this machine. */
export interface IssuedToPerson {
  commonName: string;
  folder: string;
  notAfter: Date;
}

const secret = z.object({ 'tls.crt': z.string(), 'tls.key': z.string() });

/**
 * Fetches a person's certificate for an app to this machine. cert-manager creates key and certificate in the
 * cluster, for the people in cluster.yaml; everyone who may read Secrets in the namespace `people` can fetch
 * them.
 */
export async function issue(env: Environment, person: string, app: string): Promise<IssuedToPerson> {
  mayCall(env, person, app, readFileSync(join(repositoryRoot, clusterFile(env)), 'utf8'));
  const client = clusterClient(env.cluster.name);
  const name = personCertificate(person, app);
  await watchUntil({
    kubeconfig: kubeconfigPath(client.name),
    path: `/apis/cert-manager.io/v1/namespaces/${peopleNamespace}/certificates`,
    what: `the certificate of ${person} for ${app}; if ${person} is new in cluster.yaml: npm run deploy -- --env ${env.name}`,
    timeoutSeconds: 60,
    missing: (all) => {
      const found = all.find(({ metadata }) => metadata.name === name);
      if (found === undefined) return `Certificate ${peopleNamespace}/${name}`;
      // Its conditions carry the observed generation.
      return isTrue({ ...found, metadata: { name } }, 'Ready') ? undefined : 'cert-manager to issue it';
    },
  });
  const { cert, key, roots } = await identityOf(client, name, app);
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new Failure(
      `the Secret ${peopleNamespace}/${name} is being renewed: its key does not match its certificate.`,
      'Type the same command again.',
    );
  }
  const folder = identityFolder(env.cluster.name, app);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  // Each file is replaced atomically; the certificate comes last, as the sign that the others exist.
  for (const [file, text, mode] of [
    ['roots.pem', roots, 0o644],
    ['tls.key', key, 0o600],
    ['tls.crt', cert, 0o644],
  ] as const) {
    await writeFile(join(folder, `.${file}`), text, { mode });
    await rename(join(folder, `.${file}`), join(folder, file));
  }
  return { commonName: personName(person), folder, notAfter: certificate.validToDate };
}

/** Refuses a person who is not in cluster.yaml, with the place and the text to add. */
export function mayCall(env: Environment, person: string, app: string, text: string): void {
  const apps = env.apps.filter((each) => mutualPort(each) !== undefined).map(({ name }) => name);
  if (!apps.includes(app)) {
    const next = suggest(app, apps, `list the existing ones: npm run certs -- list --env ${env.name}`);
    throw new Failure(
      `there is no app '${app}' with mutual TLS in ${env.name}.`,
      next.charAt(0).toUpperCase() + next.slice(1),
    );
  }
  const known = env.cluster.people[person];
  if (known?.uses.includes(app)) return;
  const file = clusterFile(env);
  const path = known === undefined ? ['people'] : ['people', person, 'uses'];
  const { line, column } = readYaml(text, file).source?.place(path, 'key') ?? { line: 1, column: 1 };
  const add =
    known === undefined
      ? `people: { ${person}: { uses: [${app}] } }`
      : `${person}: { uses: [${[...known.uses, app].join(', ')}] }`;
  throw new Failure(
    `${file}:${line}:${column}: '${person}' may not call '${app}': ${known === undefined ? 'people does not list them' : `uses lists ${known.uses.join(', ')}`}.`,
    `Write there: ${add}. Then: npm run deploy -- --env ${env.name}`,
  );
}

function clusterFile(env: Environment): string {
  return `clusters/${env.name}/cluster.yaml`;
}

async function identityOf(
  client: ClusterClient,
  name: string,
  app: string,
): Promise<{ cert: string; key: string; roots: string }> {
  const namespace = peopleNamespace;
  try {
    const [held, trusted] = await Promise.all([
      ask(client, 'Secret', client.core.readNamespacedSecret({ name, namespace })),
      ask(client, 'ConfigMap', client.core.readNamespacedConfigMap({ name: trustName(app), namespace })),
    ]);
    const data = secret.parse(held.data);
    const text = (part: keyof typeof data) => Buffer.from(data[part], 'base64').toString();
    const roots = trusted.data?.['roots.pem'] ?? '';
    return { cert: text('tls.crt'), key: text('tls.key'), roots };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new Failure(
      `the certificate ${namespace}/${name} or the CA certificates of ${app} do not exist yet.`,
      'Type the same command again in a moment; for progress: npm run status',
      { cause: error },
    );
  }
}
