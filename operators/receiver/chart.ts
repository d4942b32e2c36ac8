import type { Chart } from 'cdk8s';
import { platformRoute } from '../../charts/gateway/platform-route.ts';
import { admissionPolicy } from '../../charts/kube/admission-policy.ts';
import { component } from '../../charts/kube/component.ts';
import { deployment, gatewayDrain } from '../../charts/kube/deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { gateway, receiverPolicy, routesLabel } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, everyPodOf, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { filesOf, programFiles, programFolder } from '../../charts/kube/program-files.ts';
import { role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { platform } from '../../charts/order/flux-sync.ts';
import {
  type ForgeReceiver,
  forgeReceiver,
  hooksHost,
  receiverName,
  receiverSecret,
} from '../../model/forge.ts';
import type { Environment } from '../../model/graph.ts';
import { space as fluxNamespace } from '../flux/controller.ts';
import type { ReceiverConfig } from './program/config.ts';

const name = receiverName;
const ports = { deliveries: 8080, probes: 8081 } as const;
const secretsFolder = '/secrets';
const account = { serviceAccount: name, namespace: name };

/** The program's files: Node strips the types, and they import only Node's own modules. */
const files = [...filesOf(`operators/${name}/program`), 'charts/order/artifact.ts'];

/** The receiver of pushes, one pod; undefined if cluster.yaml has none. */
export function chart(env: Environment): Component | undefined {
  const receiver = forgeReceiver(env.cluster);
  const host = hooksHost(env.cluster);
  if (receiver === undefined || host === undefined) return undefined;
  return component(name, (chart) => {
    namespace(chart, name, 'restricted', { labels: routesLabel });
    denyAll(chart, name, ['Ingress', 'Egress']);
    serviceAccount(chart, name, name);
    rights(chart, receiver);
    pod(chart, env, receiver);
    service(chart, name, name, [{ name: 'deliveries', port: ports.deliveries }]);
    platformRoute(chart, env, { name, host, port: ports.deliveries });
    allow(chart, name, name, {
      ingress: [{ peers: [everyPodOf(gateway.namespace)], ports: [{ port: ports.deliveries }] }],
      egress: [toDns, toKubernetesApi, ...toForge(receiver)],
    });
    allowScrapes(chart, env, name);
  });
}

/** Configuration of the program. */
export function receiverConfig(env: Environment, { forge, branch, settings }: ForgeReceiver): ReceiverConfig {
  const inFlux = (group: string, resource: string) =>
    `/apis/${group}.toolkit.fluxcd.io/v1/namespaces/${fluxNamespace}/${resource}`;
  return {
    forge,
    ref: `refs/heads/${branch}`,
    source: `${inFlux('source', 'gitrepositories')}/${platform}`,
    ...(settings.status === true
      ? {
          status: {
            context: `plinth/${env.name}`,
            kustomizations: inFlux('kustomize', 'kustomizations'),
          },
        }
      : {}),
  };
}

/**
 * It may change one Git source, and by the policy nothing of it but the annotation that asks for a reconciliation: rights cannot
 * name an annotation, and whoever changes the address of the source decides what the cluster runs.
 */
function rights(chart: Chart, { settings }: ForgeReceiver): void {
  role(chart, name, fluxNamespace, account, [
    {
      apiGroups: ['source.toolkit.fluxcd.io'],
      resources: ['gitrepositories'],
      resourceNames: [platform],
      verbs: ['patch'],
    },
    ...(settings.status === true
      ? [
          {
            apiGroups: ['kustomize.toolkit.fluxcd.io'],
            resources: ['kustomizations'],
            verbs: ['list', 'watch'],
          },
        ]
      : []),
  ]);
  admissionPolicy(chart, receiverPolicy, {
    rule: { groups: ['source.toolkit.fluxcd.io'], resources: ['gitrepositories'], operations: ['UPDATE'] },
    conditions: [
      {
        name: 'is-the-receiver',
        expression: `request.userInfo.username == 'system:serviceaccount:${name}:${name}'`,
      },
    ],
    validations: [
      {
        expression: [
          'object.spec == oldObject.spec',
          ...['labels', 'finalizers', 'ownerReferences'].map(staysSame),
          annotationsStay('object', 'oldObject'),
          annotationsStay('oldObject', 'object'),
        ].join(' && '),
        message: `the receiver changes nothing of a Git source but the annotation ${asked}`,
        reason: 'Forbidden',
      },
    ],
  });
}

/** Annotation that makes Flux reconcile an object (Flux, 'Reconcile request'). */
const asked = 'reconcile.fluxcd.io/requestedAt';

function staysSame(key: string): string {
  const [now, before] = ['object', 'oldObject'].map((object) => `${object}.metadata.${key}`);
  return `has(${now}) == has(${before}) && (!has(${now}) || ${now} == ${before})`;
}

/** Whether one object has every annotation of the other with its value, but the one that asks. */
function annotationsStay(one: string, other: string): string {
  const [has, needs] = [`${one}.metadata.annotations`, `${other}.metadata.annotations`];
  return `(!has(${needs}) || ${needs}.all(key, key == '${asked}' || (has(${has}) && key in ${has} && ${has}[key] == ${needs}[key])))`;
}

function pod(chart: Chart, env: Environment, receiver: ForgeReceiver): void {
  const program = programFiles(
    chart,
    { name, namespace: name, files },
    { 'config.json': `${JSON.stringify(receiverConfig(env, receiver), null, 2)}\n` },
  );
  const secret = receiverSecret(receiver);
  deployment(chart, {
    name,
    namespace: name,
    update: 'rolling',
    podAnnotations: program.podAnnotations,
    drainSeconds: gatewayDrain,
    pod: {
      serviceAccountName: name,
      kubernetesApi: true,
      user: nonRoot,
      ownsVolumes: true,
      container: {
        name,
        image: imageRef(env, 'node'),
        command: [
          'node',
          '--max-old-space-size=48',
          `${programFolder}/operators/${name}/program/main.ts`,
          `${programFolder}/config.json`,
        ],
        env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }],
        ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
        readinessProbe: httpProbe('probes', '/readyz', { period: 2, failures: 5 }),
        livenessProbe: httpProbe('probes', '/healthz'),
        resources: { cpu: '10m', memory: '64Mi', memoryLimit: '192Mi' },
        volumeMounts: [program.volumeMount, { name: 'secrets', mountPath: secretsFolder, readOnly: true }],
      },
      volumes: [
        program.volume,
        {
          name: 'secrets',
          secret: {
            secretName: secret.name,
            defaultMode: 0o440,
            items: secret.keys.map((key) => ({ key, path: key })),
          },
        },
      ],
    },
  });
}

/** Egress to the forge's API, whose addresses no policy can name. */
function toForge({ forge, settings }: ForgeReceiver): { ports: { port: number }[] }[] {
  if (settings.status !== true) return [];
  const { protocol, port } = new URL(forge.api);
  return [{ ports: [{ port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }] }];
}
