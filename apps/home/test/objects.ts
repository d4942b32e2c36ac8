import type {
  Certificate,
  ContainerStatus,
  GitRepository,
  HttpRoute,
  Kustomization,
  Node,
  Pod,
  Warning,
  Workload,
} from '../src/objects.ts';

/** Objects as a small healthy cluster has them; tests change what they are about. */

const long = '2026-03-01T08:00:00Z';
export const revision = 'main@sha1:d8f9eadb00c2a3f1be02a1b3c4d5e6f708192a3b';

/** An app of one replica that runs. */
export function deployment(name: string, summary = `What ${name} does.`): Workload {
  return {
    metadata: {
      name,
      namespace: name,
      generation: 1,
      creationTimestamp: long,
      annotations: { 'plinth.io/summary': summary, 'plinth.io/url': `http://${name}.dev.localhost:8080` },
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: { spec: { containers: [{ image: `registry.dev.localhost/${name}:4be02a1b3c4d5e6f7081` }] } },
    },
    status: {
      observedGeneration: 1,
      replicas: 1,
      readyReplicas: 1,
      updatedReplicas: 1,
      conditions: [
        { type: 'Available', status: 'True', lastTransitionTime: long },
        {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          lastTransitionTime: long,
          lastUpdateTime: long,
        },
      ],
    },
  };
}

/** The same app while a new version of it is brought: its pod is there and does not answer, the one before it does. */
export function brokenDeployment(name: string): Workload {
  const healthy = deployment(name);
  return {
    ...healthy,
    metadata: { ...healthy.metadata, generation: 2 },
    status: {
      observedGeneration: 2,
      replicas: 2,
      readyReplicas: 1,
      updatedReplicas: 1,
      conditions: [
        { type: 'Available', status: 'True', lastTransitionTime: long },
        {
          type: 'Progressing',
          status: 'True',
          reason: 'ReplicaSetUpdated',
          lastTransitionTime: long,
          lastUpdateTime: '2026-03-01T09:00:00Z',
        },
      ],
    },
  };
}

/** A pod of the app's new version that is not ready. */
export function pod(app: string, status: Omit<ContainerStatus, 'name'>): Pod {
  return {
    metadata: {
      name: `${app}-7d9c5b9f8-x2lqp`,
      namespace: app,
      creationTimestamp: '2026-03-01T09:00:00Z',
      labels: { 'app.kubernetes.io/name': app, 'app.kubernetes.io/part-of': 'plinth' },
    },
    status: {
      conditions: [{ type: 'PodScheduled', status: 'True' }],
      containerStatuses: [{ name: app, ready: false, ...status }],
    },
  };
}

export function certificate(name: string, namespace: string): Certificate {
  return {
    metadata: { name, namespace },
    spec: {
      commonName: name,
      secretName: name,
      issuerRef: { kind: 'ClusterIssuer', name: `${namespace}-ca` },
    },
    status: {
      notBefore: long,
      notAfter: '2026-05-30T08:00:00Z',
      renewalTime: '2026-04-30T08:00:00Z',
      conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', lastTransitionTime: long }],
    },
  };
}

export function warning(app: string, reason: string, message: string, at = '2026-03-01T09:05:00Z'): Warning {
  return {
    metadata: { name: `${app}-${reason}`, namespace: app },
    involvedObject: { kind: 'Pod', name: `${app}-7d9c5b9f8-x2lqp`, namespace: app },
    reason,
    message,
    lastTimestamp: at,
  };
}

/** A part of the platform that is as Git says. */
export function kustomization(name: string, applied = revision): Kustomization {
  return {
    metadata: { name, namespace: 'flux-system', generation: 1 },
    spec: {
      path: name === 'platform' ? './manifests/dev/flux' : `./manifests/dev/${name}`,
      sourceRef: { kind: applied.startsWith('main@') ? 'GitRepository' : 'OCIRepository' },
    },
    status: {
      observedGeneration: 1,
      lastAppliedRevision: applied,
      lastAttemptedRevision: applied,
      conditions: [
        { type: 'Ready', status: 'True', message: `Applied revision: ${applied}`, lastTransitionTime: long },
      ],
    },
  };
}

/** The same, with a Ready condition of another kind. */
export function unreadyKustomization(
  name: string,
  status: 'False' | 'Unknown',
  reason: string,
  message: string,
): Kustomization {
  const healthy = kustomization(name);
  return {
    ...healthy,
    status: {
      ...healthy.status,
      lastAttemptedRevision: 'main@sha1:ffffffffffffffffffff',
      conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: '2026-03-01T09:00:00Z' }],
    },
  };
}

export function gitRepository(): GitRepository {
  return {
    metadata: { name: 'platform', namespace: 'flux-system' },
    spec: { url: 'http://git-server.git-server.svc/platform.git', ref: { branch: 'main' } },
    status: {
      artifact: { revision, lastUpdateTime: '2026-03-01T09:00:00Z' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

/** The same, with what the cluster's Git server tells of the last commits. */
export function toldRepository(): GitRepository {
  const bare = gitRepository();
  const commit = (hash: string, subject: string, author: string, at: string, ...parts: string[]) => ({
    commit: hash.padEnd(40, '0'),
    subject,
    author,
    at,
    parts,
  });
  const changes = [
    commit(
      revision.slice('main@sha1:'.length),
      'Orders: tell the warehouse by event',
      'Ada Byron',
      '2026-03-01T09:00:00Z',
      'orders',
    ),
    commit('77b1', 'Traefik v3.6.12', 'Grace Hopper', long, 'traefik'),
    commit(
      '0f3c',
      'Render of dev',
      'plinth',
      long,
      'flux',
      'flux-sync',
      'git-server',
      'home',
      'registry',
      'traefik',
    ),
  ];
  const annotations = { 'plinth.io/changes': JSON.stringify(changes) };
  return { ...bare, metadata: { ...bare.metadata, annotations } };
}

export function node(name: string, ready = true): Node {
  return {
    metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          message: ready ? 'kubelet is posting ready status' : 'container runtime is down',
          lastTransitionTime: long,
        },
      ],
      capacity: { cpu: '2', memory: '24605432Ki' },
      nodeInfo: { kubeletVersion: 'v1.36.4', containerRuntimeVersion: 'containerd://2.4.2' },
    },
  };
}

export function route(app: string, accepted = true): HttpRoute {
  return {
    metadata: { name: app, namespace: app },
    spec: { hostnames: [`${app}.dev.localhost`] },
    status: {
      parents: [
        {
          conditions: [
            {
              type: 'Accepted',
              status: accepted ? 'True' : 'False',
              message: accepted ? '' : 'no listener takes this host name',
            },
          ],
        },
      ],
    },
  };
}
