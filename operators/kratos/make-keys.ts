/*
 * Makes a Secret of random values where there is none, and leaves one that is there as it is: with other keys every session
 * would end. It runs in the cluster as it stands here, from a ConfigMap: Node strips the types.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The Secret, and where the API server is. */
export interface KeysInput {
  /** Address of the API server, without a slash at the end. */
  api: string;
  /** Of the service account, which may create Secrets in that namespace. */
  token: string;
  namespace: string;
  name: string;
  keys: readonly string[];
}

/**
 * @returns whether the Secret was made now.
 * @throws Error with what the API server says where it refuses for another reason than that the Secret is there.
 */
export async function makeKeys({ api, token, namespace, name, keys }: KeysInput): Promise<boolean> {
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    // 32 letters: so many has the key of XChaCha20-Poly1305 (Kratos, `secrets.cipher`).
    stringData: Object.fromEntries(keys.map((key) => [key, randomBytes(24).toString('base64url')])),
  };
  const response = await fetch(`${api}/api/v1/namespaces/${namespace}/secrets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  if (response.status === 201) return true;
  if (response.status === 409) return false;
  throw new Error(
    `the API server does not make the Secret ${namespace}/${name}: ${response.status} ${await response.text()}`,
  );
}

if (import.meta.main) {
  const [, , namespace = '', name = '', ...keys] = process.argv;
  const token = readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8');
  const made = await makeKeys({ api: 'https://kubernetes.default.svc', token, namespace, name, keys });
  console.log(JSON.stringify({ level: 'info', secret: `${namespace}/${name}`, made }));
}
