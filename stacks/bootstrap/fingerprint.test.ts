import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { environment } from '../../test/stacks/mocked-engine.ts';
import { fingerprint } from './fingerprint.ts';

let root: string;

const write = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'plinth-fingerprint-'));
  await write('ansible/cluster.yml', 'plays');
});

afterEach(() => rm(root, { recursive: true }));

it.each([
  'ansible/cluster.yml',
  'ansible/group_vars/all.yml',
  'ansible/roles/kubeadm/files/approve-kubelet.sh',
  'ansible/roles/containerd/files/containerd.service',
  'ansible/roles/cni/templates/10-plinth.conflist.j2',
])('changes with %s', async (file) => {
  const before = fingerprint(environment(), root);
  await write(file, 'other');
  expect(fingerprint(environment(), root)).not.toBe(before);
});

it.each(['ansible/molecule/default/verify.yml', 'ansible/requirements.txt', 'ansible/.yamllint'])(
  'does not change with %s, which affects no machine',
  async (file) => {
    const before = fingerprint(environment(), root);
    await write(file, 'other');
    expect(fingerprint(environment(), root)).toBe(before);
  },
);

it('changes with versions of installed programs, but not with those of objects that Flux applies', () => {
  const env = environment();
  const before = fingerprint(env, root);
  const { containerd, traefik } = env.lock.binaries;
  if (containerd === undefined || traefik === undefined) throw new Error('images/lock.yaml lacks them');
  const withBinaries = (binaries: object) =>
    fingerprint({ ...env, lock: { ...env.lock, binaries: { ...env.lock.binaries, ...binaries } } }, root);
  expect(withBinaries({ traefik: { ...traefik, version: 'v0.0.1' } })).toBe(before);
  expect(withBinaries({ containerd: { ...containerd, version: 'v0.0.1' } })).not.toBe(before);
});

it('changes with the mirror that machines pull from', () => {
  const mirrored = environment((text) => `${text}mirror: "http://192.0.2.9:5000"\n`);
  expect(fingerprint(mirrored, root)).not.toBe(fingerprint(environment(), root));
});
