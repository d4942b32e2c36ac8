import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type KindCluster, kindDocument, writeNodeFiles } from './kind-config.ts';

const files = mkdtempSync(join(tmpdir(), 'plinth-kind-'));
afterAll(() => rmSync(files, { recursive: true }));

const single: KindCluster = {
  name: 'test',
  roles: ['control-plane'],
  image: { ref: 'docker.io/kindest/node:v1.0.0', source: 'built' },
  files,
  ports: [{ host: 8080, node: 30080 }],
};

const upstream = { ...single.image, source: 'pulled' } as const;

test('ports are published on the loopback, by the first control plane', () => {
  const document = kindDocument({ ...single, roles: ['worker', 'control-plane', 'control-plane'] });
  const extraPortMappings = [{ listenAddress: '127.0.0.1', hostPort: 8080, containerPort: 30080 }];
  expect(document).toMatchObject({
    nodes: [{ role: 'control-plane', extraPortMappings }, {}, { role: 'worker' }],
  });
  expect(JSON.stringify(document).match(/extraPortMappings/g)).toHaveLength(1);
});

test("upstream's image keeps Kind's network, our own is made without one", () => {
  expect(kindDocument({ ...single, image: upstream })).toMatchObject({
    networking: { disableDefaultCNI: false },
  });
  expect(kindDocument(single)).toMatchObject({ networking: { disableDefaultCNI: true } });
});

test('every host of the lock file is asked for at the mirror first, and further hosts as told', async () => {
  await writeNodeFiles(single, { 'registry.test.localhost': 'server = "x"\n' });
  const toml = (host: string): string => readFileSync(join(files, 'certs.d', host, 'hosts.toml'), 'utf8');
  expect(toml('registry.k8s.io')).toContain('[host."http://plinth-registry:5000/v2/registry.k8s.io"]');
  expect(toml('registry.k8s.io')).toContain('override_path = true');
  expect(toml('docker.io')).toMatch(/^server = "https:\/\/registry-1\.docker\.io"/);
  expect(toml('registry.test.localhost')).toBe('server = "x"\n');
});
