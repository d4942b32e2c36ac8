import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { nodeAgent } from '../../charts/kube/daemon-set.ts';
import { imageRef } from '../../charts/kube/image.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole } from '../../charts/kube/rbac.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';

/** Name of the driver in StorageClasses and the kubelet. */
export const driver = 'ebs.csi.aws.com';

/** Folder of the driver's socket in the pod's containers. */
export const socketFolder = '/csi';

const name = 'ebs-csi-node';
const pluginFolder = `/var/lib/kubelet/plugins/${driver}`;

/** Probe of the driver's container, answered by the liveness sidecar. */
export const livenessProbe = {
  ports: [{ name: 'healthz', containerPort: 9808 }],
  readinessProbe: httpProbe('healthz', '/healthz', { period: 10 }),
  livenessProbe: httpProbe('healthz', '/healthz', { failures: 5 }),
};

/** The driver or a sidecar, with the socket and without rights on the node. */
export function helper(env: Environment, image: string, args: string[]): k8s.Container {
  return {
    name: image,
    image: imageRef(env, image),
    args,
    resources: {
      requests: { cpu: k8s.Quantity.fromString('10m'), memory: k8s.Quantity.fromString('40Mi') },
      limits: { memory: k8s.Quantity.fromString('256Mi') },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [{ name: 'socket', mountPath: socketFolder }],
  };
}

/**
 * The pods that mount disks, one per node. They use the node's network, because the metadata service answers
 * only the node (IMDSv2 with one hop).
 */
export function node(chart: Chart, env: Environment, space: string): void {
  serviceAccount(chart, name, space);
  clusterRole(chart, name, { serviceAccount: name, namespace: space }, [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: ['storage.k8s.io'], resources: ['csinodes'], verbs: ['get'] },
    { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments'], verbs: ['get', 'list', 'watch'] },
  ]);
  nodeAgent(chart, {
    name,
    namespace: space,
    containers: [plugin(env), registrar(env), liveness(env)],
    volumes: [
      { name: 'kubelet', path: '/var/lib/kubelet', type: 'Directory' },
      { name: 'socket', path: pluginFolder, type: 'DirectoryOrCreate' },
      { name: 'registration', path: '/var/lib/kubelet/plugins_registry', type: 'Directory' },
      { name: 'devices', path: '/dev', type: 'Directory' },
    ],
  });
}

function plugin(env: Environment): k8s.Container {
  return {
    ...helper(env, 'aws-ebs-csi-driver', [
      'node',
      `--endpoint=unix://${socketFolder}/csi.sock`,
      `--csi-mount-point-prefix=/var/lib/kubelet/plugins/kubernetes.io/csi/${driver}/`,
    ]),
    env: [{ name: 'CSI_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    ...livenessProbe,
    // Waits until the disks of a drained node are detached.
    lifecycle: { preStop: { exec: { command: ['/bin/aws-ebs-csi-driver', 'pre-stop-hook'] } } },
    securityContext: { privileged: true, readOnlyRootFilesystem: true },
    volumeMounts: [
      { name: 'kubelet', mountPath: '/var/lib/kubelet', mountPropagation: 'Bidirectional' },
      { name: 'socket', mountPath: socketFolder },
      { name: 'devices', mountPath: '/dev' },
    ],
  };
}

function registrar(env: Environment): k8s.Container {
  return {
    ...helper(env, 'csi-node-driver-registrar', [
      `--csi-address=${socketFolder}/csi.sock`,
      `--kubelet-registration-path=${pluginFolder}/csi.sock`,
    ]),
    volumeMounts: [
      { name: 'socket', mountPath: socketFolder },
      { name: 'registration', mountPath: '/registration' },
    ],
  };
}

function liveness(env: Environment): k8s.Container {
  return helper(env, 'csi-livenessprobe', [`--csi-address=${socketFolder}/csi.sock`]);
}
