import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { clusterRole, role } from '../../charts/kube/rbac.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'local-path-provisioner';
const space = 'local-path-storage';
const config = 'local-path-config';

/** Volumes as folders on the node's disk, if no cloud provides disks. */
export function chart(env: Environment): Component {
  return component('local-path', (chart) => {
    // The provisioner is restricted; its helper pods, which create and remove folders, mount the node's disk.
    namespace(chart, space, 'privileged');
    serviceAccount(chart, name, space);
    rights(chart);
    configMap(chart, config, space, {
      'config.json': JSON.stringify({
        nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: ['/var/local-path-provisioner'] }],
      }),
      setup: script('mkdir -p -m 0700 "$VOL_DIR"'),
      teardown: script('rm -rf "$VOL_DIR"'),
      'helperPod.yaml': stringify(helperPod(imageRef(env, 'debian'))),
    });
    provisioner(chart, imageRef(env, name));
    storageClass(chart);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, { egress: [toKubernetesApi] });
  });
}

function provisioner(chart: Chart, image: string): void {
  controllerDeployment(chart, {
    name,
    namespace: space,
    update: 'recreate',
    pod: {
      container: {
        name,
        image,
        command: [name, 'start'],
        args: [
          '--config=/etc/config/config.json',
          '--helper-pod-file=/etc/config/helperPod.yaml',
          `--configmap-name=${config}`,
          `--service-account-name=${name}`,
          '--provisioner-name=rancher.io/local-path',
        ],
        env: [
          { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
          // Folder in which it watches the definition of the helper pod; without it, changes are ignored.
          { name: 'CONFIG_MOUNT_PATH', value: '/etc/config/' },
        ],
        resources: { cpu: '10m', memory: '32Mi', memoryLimit: '128Mi' },
        volumeMounts: [{ name: 'config', mountPath: '/etc/config', readOnly: true }],
      },
      volumes: [{ name: 'config', configMap: { name: config } }],
    },
  });
}

function rights(chart: Chart): void {
  const subject = { serviceAccount: name, namespace: space };
  clusterRole(chart, name, subject, [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'watch'] },
    {
      apiGroups: [''],
      resources: ['persistentvolumes'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
    },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
  ]);
  role(chart, name, space, subject, [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'create', 'delete'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  ]);
}

/**
 * Creates and removes the folder of a volume as root on the node. Files in it can belong to any user, hence
 * the two capabilities, and no others.
 */
function helperPod(image: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'helper-pod' },
    spec: {
      priorityClassName: 'system-node-critical',
      automountServiceAccountToken: false,
      securityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'helper-pod',
          image,
          imagePullPolicy: 'IfNotPresent',
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE', 'FOWNER'] },
          },
        },
      ],
    },
  };
}

function script(line: string): string {
  return `#!/bin/sh\nset -eu\n${line}\n`;
}

function storageClass(chart: Chart): void {
  new k8s.KubeStorageClass(chart, 'storage-class', {
    metadata: {
      name: 'standard',
      annotations: {
        'storageclass.kubernetes.io/is-default-class': 'true',
        // 'local', not 'hostPath': the kubelet gives it to the pod's fsGroup like a cloud's disk, so that a
        // pod without fsGroup fails here and not first in production, and no folder is open to all users.
        defaultVolumeType: 'local',
      },
    },
    provisioner: 'rancher.io/local-path',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
}
