import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { type AwsRole, awsRole } from '../../charts/app/aws-role.ts';
import { component } from '../../charts/kube/component.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { namespaceOf } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, type Flow, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import type { ExternalStore } from '../../model/schema/cluster/secrets.ts';
import { appsWithStore, serverPort, secretsOperator as space, storeRole } from '../../model/secret-stores.ts';

const livePort = 8082;
const tokenFolder = '/aws';

/**
 * external-secrets: copies secrets from a store into Secrets. One pod for each app that reads any: one pod for several namespaces
 * would have to list the Secrets of all namespaces. The rights are in the component of the app.
 */
export function chart(env: Environment): Component | undefined {
  const store = env.cluster.secrets.external;
  const apps = appsWithStore(env);
  if (store === undefined || apps.length === 0) return undefined;
  return component('external-secrets', (chart) => {
    namespace(chart, space, 'restricted');
    denyAll(chart, space, ['Ingress', 'Egress']);
    for (const app of apps) {
      serviceAccount(chart, app.name, space);
      controller(chart, env, app, store);
      allow(chart, app.name, space, { egress: [toDns, toKubernetesApi, ...toStore(store)] });
    }
  });
}

function controller(chart: Chart, env: Environment, app: EnvironmentApp, store: ExternalStore): void {
  const aws = store.kind === 'aws' ? awsRole(env, storeRole(app.name), tokenFolder) : undefined;
  controllerDeployment(chart, {
    name: app.name,
    namespace: space,
    // Two at once would both write; each write is the same.
    update: 'rolling',
    pod: {
      ownsVolumes: aws !== undefined,
      container: {
        name: 'external-secrets',
        image: imageRef(env, 'external-secrets'),
        args: [
          `--namespace=${namespaceOf(app)}`,
          '--enable-cluster-store-reconciler=false',
          '--enable-cluster-external-secret-reconciler=false',
          '--enable-cluster-push-secret-reconciler=false',
          '--enable-push-secret-reconciler=false',
          '--enable-generator-state=false',
          '--loglevel=info',
          '--zap-time-encoding=rfc3339',
          // Nothing collects its metrics.
          '--metrics-addr=0',
          `--live-addr=:${livePort}`,
        ],
        env: [goMemoryLimit('external-secrets'), ...awsVariables(store, aws)],
        ports: [{ name: 'live', containerPort: livePort }],
        readinessProbe: httpProbe('live', '/healthz', { period: 2 }),
        livenessProbe: httpProbe('live', '/healthz'),
        resources: { cpu: '10m', memory: '48Mi', memoryLimit: '256Mi' },
        ...(aws === undefined
          ? {}
          : { volumeMounts: [{ name: 'aws', mountPath: tokenFolder, readOnly: true }] }),
      },
      ...(aws === undefined ? {} : { volumes: [{ name: 'aws', projected: { sources: [aws.source] } }] }),
    },
  });
}

/** The role of the app's secrets, in the region of the store, which can differ from that of the cluster. */
function awsVariables(store: ExternalStore, role: AwsRole | undefined): k8s.EnvVar[] {
  if (store.kind !== 'aws' || role === undefined) return [];
  const regions = ['AWS_REGION', 'AWS_DEFAULT_REGION'];
  return role.env.map(({ name, value }) => ({ name, value: regions.includes(name) ? store.region : value }));
}

function toStore(store: ExternalStore): Flow[] {
  // Amazon's addresses cannot be listed.
  if (store.kind === 'aws') return [{ ports: [{ port: 443 }] }];
  return [
    {
      peers: store.networks.map((cidr) => ({ ipBlock: { cidr } })),
      ports: [{ port: serverPort(store.server) }],
    },
  ];
}
