import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import type { Environment } from '../../model/graph.ts';
import { registryNames } from '../../model/registry.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { type KindCluster, kindCluster, kindDocument, nodeRegistries, writeNodeFiles } from './config.ts';

const files = mkdtempSync(join(tmpdir(), 'plinth-kind-'));
afterAll(() => rmSync(files, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const cluster = {
  name: 'shop-dev',
  domain: 'dev.localhost',
  provider: { kind: 'kind' },
  registry: { overlay: 'http' },
} as Environment['cluster'];

const single: KindCluster = {
  name: 'test',
  roles: ['control-plane'],
  image: 'docker.io/kindest/node:v1.0.0',
  files,
  ports: [{ host: 8080, node: 30080 }],
};

test('the first control plane publishes ports on the loopback address', () => {
  const document = kindDocument({ ...single, roles: ['worker', 'control-plane', 'control-plane'] });
  const extraPortMappings = [{ listenAddress: '127.0.0.1', hostPort: 8080, containerPort: 30080 }];
  expect(document).toMatchObject({
    nodes: [{ role: 'control-plane', extraPortMappings }, {}, { role: 'worker' }],
  });
  expect(JSON.stringify(document).match(/extraPortMappings/g)).toHaveLength(1);
});

test("disables Kind's network, and uses a kube-proxy mode with its own tables", () => {
  expect(kindDocument(single)).toMatchObject({
    networking: { disableDefaultCNI: true, kubeProxyMode: 'nftables' },
  });
});

test("replaces Kind's storage class with a harmless object, at its path", async () => {
  await writeNodeFiles(single, {});
  const mount = { hostPath: join(files, 'default-storage.yaml'), readOnly: true };
  expect(kindDocument(single)).toMatchObject({
    // The path is defaultStorageManifestLocation of Kind's own source; the end-to-end test sees the object arrive.
    nodes: [{ extraMounts: [{}, { ...mount, containerPath: '/kind/manifests/default-storage.yaml' }] }],
  });
  expect(parse(readFileSync(mount.hostPath, 'utf8'))).toMatchObject({ kind: 'ConfigMap' });
});

test('nodes use the mirror first for each registry of the lock file, then the registry itself', async () => {
  vi.stubEnv('PLINTH_REGISTRY_MIRROR', '');
  await writeNodeFiles(single, nodeRegistries({ cluster } as Environment));
  const toml = (host: string): string => readFileSync(join(files, 'certs.d', host, 'hosts.toml'), 'utf8');
  expect(toml('registry.k8s.io')).toContain('[host."http://plinth-registry:5000/v2/registry.k8s.io"]');
  expect(toml('registry.k8s.io')).toContain('override_path = true');
  expect(toml('docker.io')).toMatch(/^server = "https:\/\/registry-1\.docker\.io"/);
});

test('nodes use the mirror of cluster.yaml after the mirror of this machine', () => {
  vi.stubEnv('PLINTH_REGISTRY_MIRROR', '');
  const mirrored = { ...cluster, mirror: 'https://mirror.example.org/all' };
  expect(nodeRegistries({ cluster: mirrored } as Environment)['quay.io']).toMatch(
    /^server = "https:\/\/mirror\.example\.org\/v2\/all\/quay\.io"\n/,
  );
});

test("nodes use the mirror first for the team's images, then the registry in the cluster", () => {
  expect(nodeRegistries({ cluster } as Environment)['registry.dev.localhost']).toBe(
    'server = "http://shop-dev-control-plane:30500"\n\n' +
      '[host."http://plinth-registry:5000/v2/registry.dev.localhost"]\n' +
      '  capabilities = ["pull", "resolve"]\n  override_path = true\n\n' +
      '[host."http://shop-dev-control-plane:30500"]\n  capabilities = ["pull", "resolve"]\n',
  );
});

test('public ports of apps are published too, each by its protocol', () => {
  const broker = testApp({
    name: 'broker',
    ports: {
      http: { port: 8080 },
      mqtt: { port: 1884, public: 1883 },
      dns: { port: 53, protocol: 'udp', public: 30053 },
    },
  });
  const made = kindCluster(environment({ apps: [broker] }), 'node:v1', files);
  expect(made.ports.slice(3)).toEqual([
    { host: 1883, node: 31883 },
    { host: 30053, node: 30053, protocol: 'udp' },
  ]);
  const listenAddress = '127.0.0.1';
  expect(kindDocument({ ...single, ports: made.ports.slice(3) })).toMatchObject({
    nodes: [
      {
        extraPortMappings: [
          { listenAddress, hostPort: 1883, containerPort: 31883 },
          { listenAddress, hostPort: 30053, containerPort: 30053, protocol: 'UDP' },
        ],
      },
    ],
  });
});

test("with the overlay tls, nodes call the registry by a name of its certificate and present their kubelet's certificate", () => {
  const tls = { ...cluster, registry: { overlay: 'tls' } } as Environment['cluster'];
  const own = nodeRegistries({ cluster: tls } as Environment)['registry.dev.localhost'] ?? '';
  expect(own).toMatch(/^server = "https:\/\/shop-dev-control-plane:30500"\n/);
  expect(own).toContain(
    '[host."https://shop-dev-control-plane:30500"]\n  capabilities = ["pull", "resolve"]\n' +
      '  ca = "/etc/containerd/registry-roots.pem"\n  client = "/var/lib/kubelet/pki/kubelet-client-current.pem"\n',
  );
  expect(registryNames(tls)).toContain('shop-dev-control-plane');
});
