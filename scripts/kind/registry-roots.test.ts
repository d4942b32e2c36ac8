import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rootsSum } from '../certs/nodes-of-registry.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';

const script = join(repositoryRoot, 'ansible/roles/registry_roots/files/plinth-registry-roots');
const first = '-----BEGIN CERTIFICATE-----\none\n-----END CERTIFICATE-----\n';
const second = `${first}-----BEGIN CERTIFICATE-----\ntwo\n-----END CERTIFICATE-----\n`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-roots-'));
  writeFileSync(
    join(folder, 'kubectl'),
    `#!/bin/sh\ncase "$1" in\nget) cat ${folder}/roots ;;\nauth) printf system:node:worker-1 ;;\nannotate) echo "$@" >>${folder}/said ;;\nesac\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(folder, 'kubelet.conf'), '');
  writeFileSync(join(folder, 'said'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the script of the nodes with its files in this folder and a replacement of kubectl. */
async function run(roots: string): Promise<{ exitCode?: number | undefined; stderr: string }> {
  writeFileSync(join(folder, 'roots'), roots);
  const text = readFileSync(script, 'utf8')
    .replace('/etc/containerd/registry-roots.pem', join(folder, 'containerd/registry-roots.pem'))
    .replace('/run/plinth-registry-roots', join(folder, 'noted'))
    .replace('/etc/kubernetes/kubelet.conf', join(folder, 'kubelet.conf'));
  return execa('sh', ['-c', text], { env: { PATH: `${folder}:${process.env.PATH}` }, reject: false });
}

const rootsFile = () => join(folder, 'containerd/registry-roots.pem');
const said = () => readFileSync(join(folder, 'said'), 'utf8').trim().split('\n');

it("a node writes the registry's CA certificates and their checksum, once per change", async () => {
  expect((await run(first)).exitCode).toBe(0);
  expect(readFileSync(rootsFile(), 'utf8')).toBe(first);
  const noted = (roots: string) =>
    `annotate --overwrite node worker-1 plinth.io/registry-roots=${rootsSum(roots)}`;
  expect(said()).toEqual([noted(first)]);
  const before = statSync(rootsFile()).ino;
  await run(first);
  expect(statSync(rootsFile()).ino).toBe(before);
  expect(said()).toEqual([noted(first)]);
  await run(second);
  expect(said()).toEqual([noted(first), noted(second)]);
});

it('a node keeps its CA certificates if the cluster has none yet, and reports that', async () => {
  await run(first);
  const { exitCode, stderr } = await run('');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('holds no roots yet');
  expect(readFileSync(rootsFile(), 'utf8')).toBe(first);
});

it('a node of k3s asks by its kubelet and the kubectl that k3s has', async () => {
  rmSync(join(folder, 'kubelet.conf'));
  renameSync(join(folder, 'kubectl'), join(folder, 'kubectl-of-k3s'));
  const k3s = `#!/bin/sh
[ "$1" = kubectl ] && [ "$KUBECONFIG" = /var/lib/rancher/k3s/agent/kubelet.kubeconfig ] || exit 1
shift
exec ${folder}/kubectl-of-k3s "$@"
`;
  writeFileSync(join(folder, 'k3s'), k3s, { mode: 0o755 });
  expect(await run(first)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(rootsFile(), 'utf8')).toBe(first);
});
