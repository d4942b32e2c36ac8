import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { awsRole } from '../../charts/app/aws-role.ts';
import { component } from '../../charts/kube/component.ts';
import { disruptionBudget } from '../../charts/kube/disruption-budget.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { partOf, podLabels } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';
import { volumeRole } from '../../model/schema/aws-role.ts';
import { driver, helper, livenessProbe, node, socketFolder } from './node.ts';
import { controllerRights } from './rights.ts';

const name = 'ebs-csi-controller';
const space = 'ebs-csi';
const tokenFolder = '/var/run/secrets/aws';

/**
 * Volumes on Amazon EBS: a controller that creates and attaches them, and a node plug-in that mounts them.
 */
export function chart(env: Environment): Component {
  return component('ebs-csi', (chart) => {
    namespace(chart, space, 'privileged');
    new k8s.KubeCsiDriver(chart, 'driver', {
      metadata: { name: driver },
      spec: { attachRequired: true, podInfoOnMount: false, fsGroupPolicy: 'File' },
    });
    storageClass(chart);
    serviceAccount(chart, name, space);
    controllerRights(chart, name, space);
    controller(chart, env);
    disruptionBudget(chart, name, space);
    node(chart, env, space);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, { egress: [toDns, toKubernetesApi, { ports: [{ port: 443 }] }] });
  });
}

/** The StorageClass has the same name with every provider, so that claims do not differ. */
function storageClass(chart: Chart): void {
  new k8s.KubeStorageClass(chart, 'storage-class', {
    metadata: {
      name: 'standard',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: driver,
    parameters: { type: 'gp3', encrypted: 'true', 'csi.storage.k8s.io/fstype': 'ext4' },
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: true,
    // In the zone of the pod, which is chosen first.
    volumeBindingMode: 'WaitForFirstConsumer',
  });
}

function controller(chart: Chart, env: Environment): void {
  const labels = podLabels(name);
  const role = awsRole(env, volumeRole, tokenFolder);
  new k8s.KubeDeployment(chart, 'controller', {
    metadata: { name, namespace: space, labels },
    spec: {
      replicas: 2,
      revisionHistoryLimit: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, 'app.kubernetes.io/part-of': partOf } },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          priorityClassName: 'system-cluster-critical',
          securityContext: {
            runAsNonRoot: true,
            runAsUser: nonRoot,
            runAsGroup: nonRoot,
            fsGroup: nonRoot,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: labels },
              matchLabelKeys: ['pod-template-hash'],
            },
          ],
          containers: controllerContainers(env, role),
          volumes: [
            { name: 'socket', emptyDir: {} },
            ...(role ? [{ name: 'aws', projected: { sources: [role.source] } }] : []),
          ],
        },
      },
    },
  });
}

/** The driver and the programs that call it for each kind of object. */
function controllerContainers(env: Environment, role: ReturnType<typeof awsRole>): k8s.Container[] {
  const sidecar = (image: string, ...args: string[]) =>
    helper(env, image, [`--csi-address=${socketFolder}/csi.sock`, '--leader-election=true', ...args]);
  return [
    {
      ...helper(env, 'aws-ebs-csi-driver', [
        'controller',
        `--endpoint=unix://${socketFolder}/csi.sock`,
        // Tags each disk with the cluster's name, by which its role is bound to its own.
        `--k8s-tag-cluster-id=${env.cluster.name}`,
      ]),
      env: role?.env ?? [],
      ...livenessProbe,
      volumeMounts: [
        { name: 'socket', mountPath: socketFolder },
        ...(role ? [{ name: 'aws', mountPath: tokenFolder, readOnly: true }] : []),
      ],
    },
    sidecar('csi-provisioner', '--extra-create-metadata', '--default-fstype=ext4'),
    sidecar('csi-attacher'),
    sidecar('csi-resizer', '--handle-volume-inuse-error=false'),
    helper(env, 'csi-livenessprobe', [`--csi-address=${socketFolder}/csi.sock`]),
  ];
}
