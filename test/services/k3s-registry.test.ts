import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { registryName, registryNodes } from '../../model/registry.ts';
import { doorVolumes } from '../../operators/registry/door.ts';
import { teamRegistryUrl } from '../../scripts/cluster/registry-hosts.ts';
import { ansibleEnvironment, ansibleRoot, ensureAnsible } from '../../scripts/nodes/tools.ts';
import { environment } from '../charts/fixture.ts';
import { TestAuthority } from './authority.ts';

// No k3s can be had here: what its nodes get is compared with what the registry's door and containerd read.

const folder = mkdtempSync(join(tmpdir(), 'plinth-k3s-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A template of the role k3s, as Ansible fills it in. */
async function filled(template: string, variables: object): Promise<unknown> {
  const tools = await ensureAnsible((line) => console.log(line));
  const [vars, dest] = [join(folder, 'vars.json'), join(folder, template)];
  writeFileSync(vars, JSON.stringify(variables));
  const src = join(ansibleRoot, 'roles/k3s/templates', `${template}.j2`);
  const args = ['localhost', '-i', 'localhost,', '-c', 'local', '-m', 'ansible.builtin.template'];
  const result = await execa(
    join(tools, 'ansible'),
    [...args, '-a', JSON.stringify({ src, dest, mode: '0600' }), '-e', `@${vars}`],
    { cwd: ansibleRoot, env: ansibleEnvironment(tools), all: true, reject: false },
  );
  expect(result.exitCode, result.all).toBe(0);
  return parse(readFileSync(dest, 'utf8'));
}

const cluster = (overlay: 'http' | 'tls') =>
  environment({
    cluster: {
      registry: { overlay },
      domain: 'shop.example.org',
      provider: { kind: 'machines', ssh: { user: 'debian', keys: [] } },
      nodes: [{ name: 'one', role: 'control-plane', address: '192.0.2.1' }],
    },
  }).cluster;

const variables = (overlay: 'http' | 'tls', mirrors: object[] = []) => ({
  registry_name: 'registry.shop.example.org',
  registry_url: teamRegistryUrl(cluster(overlay)),
  registry_overlay: overlay,
  registry_mirrors: mirrors,
});

it.each([
  ['kubeadm', 'kube-root-ca.crt'],
  ['k3s', registryNodes],
])('with %s the door of the registry knows nodes by the CA in %s', (distribution, name) => {
  const given = { kubernetes: { version: 'v1.36.4', distribution }, registry: { overlay: 'tls' } };
  expect(doorVolumes(environment({ cluster: given }))).toContainEqual({ name: 'nodes', configMap: { name } });
});

describe('a node of k3s', () => {
  it("reads the team's registry at its node port with the certificate of its kubelet, with the overlay tls", async () => {
    expect(await filled('registries.yaml', variables('tls'))).toEqual({
      mirrors: { 'registry.shop.example.org': { endpoint: ['https://registry.shop.example.org:30500'] } },
      configs: {
        'registry.shop.example.org:30500': {
          tls: {
            ca_file: '/etc/containerd/registry-roots.pem',
            cert_file: '/var/lib/rancher/k3s/agent/client-kubelet.crt',
            key_file: '/var/lib/rancher/k3s/agent/client-kubelet.key',
          },
        },
      },
    });
  }, 300_000);

  it('reads it and the mirror without TLS, with the overlay http', async () => {
    const mirror = { host: 'quay.io', url: 'http://mirror:5000', path: 'quay.io' };
    expect(await filled('registries.yaml', variables('http', [mirror]))).toEqual({
      mirrors: {
        'registry.shop.example.org': { endpoint: ['http://registry.shop.example.org:30500'] },
        'quay.io': { endpoint: ['http://mirror:5000'], rewrite: { '^(.*)$': 'quay.io/$1' } },
      },
    });
  }, 300_000);

  it('has a server that brings the CA of kubelets to the ConfigMap that the door mounts', async () => {
    const { roots } = await TestAuthority.make('k3s-client');
    const content = Buffer.from(roots).toString('base64');
    expect(await filled('registry-nodes.yaml', { k3s_client_ca: { content } })).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: registryNodes, namespace: registryName },
      data: { 'ca.crt': `${roots.trim()}\n` },
    });
  }, 300_000);
});
