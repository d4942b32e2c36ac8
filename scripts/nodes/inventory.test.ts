import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadLock } from '../../images/lock/index.ts';
import { type Cluster, clusterSchema } from '../../model/schema/cluster.ts';
import { testApp } from '../../test/charts/fixture.ts';
import { inventoryOf } from './inventory.ts';
import { machinesOf } from './machines.ts';

const local = {
  binaries: { kubelet: { path: '/cache/kubelet', sha256: 'ab' } },
  state: '/state/shop',
};

function cluster(change: (text: string) => string = (text) => text): Cluster {
  return clusterSchema.parse(
    parse(
      change(`
name: shop
domain: shop.example.org
kubernetes: { version: v1.36.4 }
provider: { kind: machines, ssh: { user: debian, port: 2222 }, network: 192.0.2.0/24 }
nodes:
  - { name: one, role: control-plane, address: 192.0.2.1 }
  - { name: two, role: worker, address: 192.0.2.2 }
registry: { overlay: tls }
source: { kind: git, url: "https://git.example.org/shop.git" }
mirror: http://mirror.example.org:5000/
apps: {}
`),
    ),
  );
}

/** An environment in which no app runs. */
const alone = (given: Cluster) => ({ cluster: given, apps: [] });

describe('inventory', () => {
  it('has each machine in the group of its role', async () => {
    const { all } = inventoryOf(alone(cluster()), loadLock(), await machinesOf('shop', cluster()), local);
    expect(all.children.cluster.children).toEqual({
      control_plane: { hosts: { one: { ansible_host: '192.0.2.1', node_address: '192.0.2.1' } } },
      workers: { hosts: { two: { ansible_host: '192.0.2.2', node_address: '192.0.2.2' } } },
    });
    expect(all.vars).toMatchObject({
      ansible_user: 'debian',
      ansible_port: 2222,
      api_address: '192.0.2.1',
      node_network: '192.0.2.0/24',
    });
  });

  it('routes every host of the lock file to the mirror, and the own registry to the node itself', async () => {
    const { all } = inventoryOf(alone(cluster()), loadLock(), await machinesOf('shop', cluster()), local);
    const hosts = all.vars.registry_hosts as Record<string, string>;
    expect(hosts['registry.k8s.io']).toContain('[host."http://mirror.example.org:5000/v2/registry.k8s.io"]');
    expect(hosts['registry.shop.example.org']).toContain('[host."https://registry.shop.example.org:30500"]');
  });

  it("has nodes verify the own registry by its roots and show their kubelet's certificate, with the overlay tls alone", async () => {
    const ownIn = async (which: Cluster): Promise<string> => {
      const { all } = inventoryOf(alone(which), loadLock(), await machinesOf('shop', which), local);
      return (all.vars.registry_hosts as Record<string, string>)['registry.shop.example.org'] ?? '';
    };
    expect(await ownIn(cluster())).toBe(
      [
        'server = "https://registry.shop.example.org:30500"',
        'ca = "/etc/containerd/registry-roots.pem"',
        'client = "/var/lib/kubelet/pki/kubelet-client-current.pem"',
        '',
        '[host."https://registry.shop.example.org:30500"]',
        '  capabilities = ["pull", "resolve"]',
        '  ca = "/etc/containerd/registry-roots.pem"',
        '  client = "/var/lib/kubelet/pki/kubelet-client-current.pem"',
        '',
      ].join('\n'),
    );
    const http = await ownIn(cluster((text) => text.replace('overlay: tls', 'overlay: http')));
    expect(http).toBe(
      'server = "http://registry.shop.example.org:30500"\n\n[host."http://registry.shop.example.org:30500"]\n  capabilities = ["pull", "resolve"]\n',
    );
  });

  it('uses only upstream without a mirror', async () => {
    const plain = cluster((text) => text.replace(/^mirror: .*$/m, ''));
    const { all } = inventoryOf(alone(plain), loadLock(), await machinesOf('shop', plain), local);
    expect(Object.keys(all.vars.registry_hosts as object)).toEqual(['registry.shop.example.org']);
  });

  it('uses mirrors only for the registries in the map', async () => {
    const table = cluster((text) =>
      text.replace(/^mirror: .*$/m, 'mirror: { docker.io: https://hub.example.org/docker }'),
    );
    const { all } = inventoryOf(alone(table), loadLock(), await machinesOf('shop', table), local);
    const hosts = all.vars.registry_hosts as Record<string, string>;
    expect(Object.keys(hosts)).toEqual(['docker.io', 'registry.shop.example.org']);
    expect(hosts['docker.io']).toContain('[host."https://hub.example.org/v2/docker"]');
    expect(all.vars.registry_mirrors).toEqual([
      { host: 'docker.io', url: 'https://hub.example.org', path: 'docker' },
    ]);
  });

  it("has upstream's digests of images, and only tags if a mirror may have built them", async () => {
    const lock = loadLock();
    const { ref, digest } = lock.images.flannel ?? {};
    const imagesOf = async (which: Cluster): Promise<unknown> =>
      inventoryOf(alone(which), lock, await machinesOf('shop', which), local).all.vars.images;
    const plain = cluster((text) => text.replace(/^mirror: .*$/m, ''));
    expect(await imagesOf(plain)).toMatchObject({ flannel: `${ref}@${digest}` });
    expect(await imagesOf(cluster())).toMatchObject({ flannel: ref });
  });

  it('stores snapshots in the bucket of the stacks if they create the machines', async () => {
    const machines = await machinesOf('shop', cluster());
    const aws = cluster((text) =>
      text.replace(
        /^provider: .*$/m,
        'provider: { kind: aws, region: eu-central-1, account: "123456789012" }',
      ),
    );
    expect(inventoryOf(alone(aws), loadLock(), machines, local).all.vars).toMatchObject({
      snapshot_bucket: 'https://shop-etcd-123456789012.s3.eu-central-1.amazonaws.com',
      snapshot_region: 'eu-central-1',
    });
    expect(inventoryOf(alone(cluster()), loadLock(), machines, local).all.vars).toMatchObject({
      snapshot_bucket: '',
    });
  });
});

describe('machines', () => {
  it('refuses Kind nodes, with the command that creates them', async () => {
    const kind = cluster((text) => text.replace(/^provider: .*$/m, 'provider: { kind: kind }'));
    await expect(machinesOf('dev', kind)).rejects.toMatchObject({ next: 'Type: npm run init-cluster' });
  });

  it('requires the outputs of the stack if a cloud has the machines', async () => {
    const aws = cluster((text) =>
      text.replace(
        /^provider: .*$/m,
        'provider: { kind: aws, region: eu-central-1, account: "123456789012" }',
      ),
    );
    await expect(machinesOf('prod', aws)).rejects.toMatchObject({
      message: expect.stringContaining('only its stack knows where the machines are'),
      next: expect.stringContaining('--outputs outputs.json'),
    });
  });

  it('requires an address for several control planes', async () => {
    const three = cluster((text) => text.replace('role: worker', 'role: control-plane'));
    await expect(machinesOf('shop', three)).rejects.toThrow('2 nodes are control planes');
    const named = cluster((text) =>
      text
        .replace('role: worker', 'role: control-plane')
        .replace('version: v1.36.4', 'version: v1.36.4, endpoint: 192.0.2.10'),
    );
    expect((await machinesOf('shop', named)).endpoint).toBe('192.0.2.10');
    const held = cluster((text) =>
      text
        .replace('role: worker', 'role: control-plane')
        .replace('version: v1.36.4', 'version: v1.36.4, virtualAddress: 192.0.2.9'),
    );
    expect((await machinesOf('shop', held)).endpoint).toBe('192.0.2.9');
  });

  it('open the public ports of apps on every node', async () => {
    const broker = testApp({
      name: 'broker',
      ports: {
        http: { port: 8080 },
        mqtt: { port: 1883, public: 1883 },
        dns: { port: 53, protocol: 'udp', public: 53 },
      },
    });
    const given = { cluster: cluster(), apps: [broker] };
    const { all } = inventoryOf(given, loadLock(), await machinesOf('shop', cluster()), local);
    expect(all.vars).toMatchObject({ public_tcp_node_ports: [31883], public_udp_node_ports: [30053] });
  });
});
