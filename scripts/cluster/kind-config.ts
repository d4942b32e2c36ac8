import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeImage } from '../../images/node-image.ts';
import { hostsToml } from '../../images/registry.ts';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../failure.ts';

/** Ports of every node on which the charts publish the gateway and the registry (NodePort Services). */
const nodePorts = { http: 30080, https: 30443, registry: 30500 };

/**
 * What Kind is told of an environment (kind.x-k8s.io/v1alpha4). Writes the nodes' `certs.d`, which tells their
 * containerd where each registry's images come from, below `folder`.
 */
export async function kindConfig(
  environment: Environment,
  image: NodeImage,
  folder: string,
): Promise<object> {
  const { name, provider, nodes } = environment.cluster;
  if (provider.kind !== 'kind') {
    throw new Failure(
      `${name} is not a Kind cluster.`,
      `Set provider.kind in clusters/${environment.name}/cluster.yaml.`,
    );
  }
  const certificates = join(folder, 'certs.d');
  await writeHosts(certificates, environment);
  const portMappings = (['http', 'https', 'registry'] as const).map((port) => ({
    containerPort: nodePorts[port],
    hostPort: provider.ports[port],
    listenAddress: '127.0.0.1',
  }));
  const controlPlaneFirst = [...nodes].sort(
    (a, b) => Number(b.role === 'control-plane') - Number(a.role === 'control-plane'),
  );
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: { ipFamily: 'ipv4', ...(image.source === 'built' ? { disableDefaultCNI: true } : {}) },
    // A node may still be on version 1 of control groups, which the kubelet refuses unless it is told (KEP-5573).
    kubeadmConfigPatches: ['kind: KubeletConfiguration\nfailCgroupV1: false\n'],
    nodes: controlPlaneFirst.map(({ role }, index) => ({
      role,
      image: image.ref,
      extraMounts: [{ hostPath: certificates, containerPath: '/etc/containerd/certs.d', readOnly: true }],
      ...(index === 0 ? { extraPortMappings: portMappings } : {}),
    })),
  };
}

/** One folder per registry host, as containerd reads it (its docs/hosts.md). */
async function writeHosts(folder: string, { cluster }: Environment): Promise<void> {
  const own = `http://${cluster.name}-control-plane:${nodePorts.registry}`;
  const hosts = {
    ...hostsToml(),
    [`registry.${cluster.domain}`]: `server = "${own}"\n\n[host."${own}"]\n  capabilities = ["pull", "resolve"]\n`,
  };
  await rm(folder, { recursive: true, force: true });
  for (const [host, text] of Object.entries(hosts)) {
    await mkdir(join(folder, host), { recursive: true });
    await writeFile(join(folder, host, 'hosts.toml'), text);
  }
}
