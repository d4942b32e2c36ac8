import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { expect } from 'vitest';
import type { Engine } from '../../images/index.ts';
import { mirrorAddress, mirrorPort } from '../../images/mirror/index.ts';
import { clusterClient } from '../../scripts/cluster/client.ts';
import { nodeKubectl } from '../../scripts/cluster/node-kubectl.ts';
import type { PodTarget } from './flows.ts';

/** Kind's token by which nodes join, the same in each of its clusters. */
const joinToken = 'abcdef.0123456789abcdef';

/** Prints the status of each request, or the code of the error that came instead. Certificates are not looked at. */
const script = `
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const attempts = JSON.parse(process.argv[1]);
const answers = attempts.map(({ url, ...options }) =>
  fetch(url, { ...options, signal: AbortSignal.timeout(5000) }).then(
    ({ status }) => status,
    (error) => error.cause?.code ?? error.name,
  ));
Promise.all(answers).then((all) => { console.log(JSON.stringify(all)); process.exit(0); });
`;

interface Attempt {
  url: string;
  method?: string;
  headers?: Record<string, string>;
}

/** From a pod without any policy, as from a stranger's: joins as a node, writes to the registries. */
export async function intrudesFromPod(engine: Engine, cluster: string, place: PodTarget): Promise<void> {
  const registry = await podAddress(engine, cluster, 'registry');
  const attempts = {
    'a node by the token of Kind': joins('https://kubernetes.default.svc.cluster.local'),
    'an upload to the mirror': { url: upload(`http://${mirrorAddress}`), method: 'POST' },
    'a deletion in the mirror': { url: deletion(`http://${mirrorAddress}`), method: 'DELETE' },
    "an upload to the team's registry": { url: upload(`http://${registry}:5000`), method: 'POST' },
    "the port of the team's registry that takes pushes": {
      url: upload(`http://${registry}:5001`),
      method: 'POST',
    },
  };
  const text = await nodeKubectl(engine, cluster, [
    ...['exec', '-n', place.namespace, place.pod, '--', 'node', '-e', script],
    JSON.stringify(Object.values(attempts)),
  ]);
  const answers: unknown[] = JSON.parse(text);
  expect(Object.fromEntries(Object.keys(attempts).map((name, i) => [name, answers[i]]))).toEqual({
    'a node by the token of Kind': 401,
    'an upload to the mirror': 405,
    'a deletion in the mirror': 405,
    "an upload to the team's registry": 405,
    "the port of the team's registry that takes pushes": 'ECONNREFUSED',
  });
}

/** The same as another user of this machine, who has no file of the owner. */
export async function intrudesFromMachine(cluster: string, port: number): Promise<void> {
  const { server } = clusterClient(cluster);
  const mirror = `http://127.0.0.1:${mirrorPort()}`;
  expect(await answer({ url: upload(mirror), method: 'POST' })).toBe(405);
  expect(await answer({ url: deletion(mirror), method: 'DELETE' })).toBe(405);
  expect(await answer({ url: upload(`http://127.0.0.1:${port}`), method: 'POST' })).toBe(405);
  expect(await answer(joins(server))).toBe(401);
}

/** Every pod that comes by Git names its images by digest. */
export async function runsByDigest(engine: Engine, cluster: string): Promise<void> {
  const path =
    '{range .items[*]}{range .spec.containers[*]}{.image}{"\\n"}{end}{range .spec.initContainers[*]}{.image}{"\\n"}{end}{end}';
  const text = await nodeKubectl(engine, cluster, [
    ...[
      'get',
      'pods',
      '--all-namespaces',
      '-l',
      'probe!=plinth-e2e,tier!=control-plane,k8s-app notin (kube-proxy,kube-dns)',
    ],
    ...['-o', `jsonpath=${path}`],
  ]);
  const images = text.split('\n').filter(Boolean);
  expect(images.length).toBeGreaterThan(10);
  expect(images.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image))).toEqual([]);
}

/** The status; the server's certificate is not looked at. */
function answer({ url, ...options }: Attempt): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const given = { ...options, rejectUnauthorized: false };
    const call = (url.startsWith('https:') ? https : http)(url, given, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', reject);
    call.end();
  });
}

function joins(server: string): Attempt {
  return {
    url: `${server}/apis/certificates.k8s.io/v1/certificatesigningrequests`,
    headers: { authorization: `Bearer ${joinToken}` },
  };
}

function upload(registry: string): string {
  return `${registry}/v2/ghcr.io/fluxcd/kustomize-controller/blobs/uploads/`;
}

function deletion(registry: string): string {
  return `${registry}/v2/ghcr.io/fluxcd/kustomize-controller/manifests/sha256:${'0'.repeat(64)}`;
}

async function podAddress(engine: Engine, cluster: string, app: string): Promise<string> {
  return nodeKubectl(engine, cluster, [
    ...['get', 'pods', '-n', app, '-l', `app.kubernetes.io/name=${app}`],
    ...['-o', 'jsonpath={.items[0].status.podIP}'],
  ]);
}
