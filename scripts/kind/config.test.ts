import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Environment } from '../../model/graph.ts';
import { type KindCluster, kindDocument, ownRegistries, writeNodeFiles } from './config.ts';

const files = mkdtempSync(join(tmpdir(), 'plinth-kind-'));
afterAll(() => rmSync(files, { recursive: true }));

const single: KindCluster = {
  name: 'test',
  roles: ['control-plane'],
  image: 'docker.io/kindest/node:v1.0.0',
  files,
  ports: [{ host: 8080, node: 30080 }],
};

test('ports are published on the loopback, by the first control plane', () => {
  const document = kindDocument({ ...single, roles: ['worker', 'control-plane', 'control-plane'] });
  const extraPortMappings = [{ listenAddress: '127.0.0.1', hostPort: 8080, containerPort: 30080 }];
  expect(document).toMatchObject({
    nodes: [{ role: 'control-plane', extraPortMappings }, {}, { role: 'worker' }],
  });
  expect(JSON.stringify(document).match(/extraPortMappings/g)).toHaveLength(1);
});

test("no network of Kind's, and a proxy that leaves the tables of the network policies alone", () => {
  expect(kindDocument(single)).toMatchObject({
    networking: { disableDefaultCNI: true, kubeProxyMode: 'nftables' },
  });
});

test('what Kind applies as its storage is a harmless object, mounted where Kind reads it', async () => {
  await writeNodeFiles(single, {});
  const mount = { hostPath: join(files, 'default-storage.yaml'), readOnly: true };
  expect(kindDocument(single)).toMatchObject({
    // The path is defaultStorageManifestLocation of Kind's own source; the end-to-end test sees the object arrive.
    nodes: [{ extraMounts: [{}, { ...mount, containerPath: '/kind/manifests/default-storage.yaml' }] }],
  });
  expect(parse(readFileSync(mount.hostPath, 'utf8'))).toMatchObject({ kind: 'ConfigMap' });
});

test('every host of the lock file is asked for at the mirror first, and further hosts as told', async () => {
  await writeNodeFiles(single, { 'registry.test.localhost': 'server = "x"\n' });
  const toml = (host: string): string => readFileSync(join(files, 'certs.d', host, 'hosts.toml'), 'utf8');
  expect(toml('registry.k8s.io')).toContain('[host."http://plinth-registry:5000/v2/registry.k8s.io"]');
  expect(toml('registry.k8s.io')).toContain('override_path = true');
  expect(toml('docker.io')).toMatch(/^server = "https:\/\/registry-1\.docker\.io"/);
  expect(toml('registry.test.localhost')).toBe('server = "x"\n');
});

test("the team's images are asked for at the mirror first, which keeps them, and then in the cluster", () => {
  const cluster = { name: 'shop-dev', domain: 'dev.localhost' } as Environment['cluster'];
  expect(ownRegistries({ cluster } as Environment)['registry.dev.localhost']).toBe(
    'server = "http://shop-dev-control-plane:30500"\n\n' +
      '[host."http://plinth-registry:5000/v2/registry.dev.localhost"]\n' +
      '  capabilities = ["pull", "resolve"]\n  override_path = true\n\n' +
      '[host."http://shop-dev-control-plane:30500"]\n  capabilities = ["pull", "resolve"]\n',
  );
});
