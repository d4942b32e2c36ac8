import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { caCertificate, leafCertificate, selfSigned } from '../../charts/identity/certificate.ts';
import { component } from '../../charts/kube/component.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { customResource, type FieldOf, type SpecOf } from '../../charts/kube/custom-resource.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import {
  caName,
  certManagerNamespace,
  namespaceOf,
  peersName,
  registryTrustLabel,
  rootsName,
  trustName,
  trustNamespace,
} from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { role } from '../../charts/kube/rbac.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';
import { type Authority, authorities, peopleNamespace } from '../../model/identity.ts';
import { signalsOverTls } from '../../model/signal-stores.ts';

const controller = 'trust-roots';

/** Authorities with their CA certificates and Bundles; undefined if no service uses mutual TLS. */
export function chart(env: Environment): Component | undefined {
  const all = authorities(env);
  if (all.length === 0) return undefined;
  return component('identity', (chart) => {
    clusterIssuer(chart, selfSigned, { selfSigned: {} });
    for (const authority of all) {
      for (const generation of authority.trusted) {
        caCertificate(chart, env, authority, generation);
        const name = caName(authority.name, generation);
        clusterIssuer(chart, name, { ca: { secretName: name } });
      }
      if (authority.anchor === authority.name) roots(chart, authority);
      bundles(chart, env, authority);
    }
    const people = all.flatMap(({ leaves }) => leaves.filter((leaf) => leaf.namespace === peopleNamespace));
    if (people.length > 0) namespace(chart, peopleNamespace, 'restricted');
    for (const leaf of people) leafCertificate(chart, env, leaf);
    const anchors = all.filter(({ name, anchor }) => name === anchor).map(({ name }) => rootsName(name));
    trustRoots(chart, imageRef(env, controller), anchors);
  });
}

function clusterIssuer(chart: Chart, name: string, spec: SpecOf<'ClusterIssuer'>): void {
  customResource(chart, `cluster-issuer-${name}`, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'ClusterIssuer',
    metadata: { name },
    spec,
  });
}

type Target = FieldOf<'Bundle', 'target'>;
type Namespaces = NonNullable<Target['namespaceSelector']>;

/** The trusted generations, from Git; trust-roots adds the certificates, which are created in the cluster. */
function roots(chart: Chart, { name, trusted }: Authority): void {
  new k8s.KubeConfigMap(chart, `roots-${name}`, {
    metadata: {
      name: rootsName(name),
      namespace: trustNamespace,
      labels: { 'plinth.io/authority': name },
      annotations: { 'plinth.io/trusted': trusted.join(',') },
    },
  });
}

function bundles(chart: Chart, env: Environment, { name, kind, anchor, leaves }: Authority): void {
  // Only browsers outside of the cluster call the gateway.
  if (kind === 'environment' || kind === 'gateway') return;
  if (kind === 'registry') {
    // Pods of other namespaces get its roots by this label.
    bundle(
      chart,
      trustName(name),
      anchor,
      { matchLabels: registryTrustLabel },
      { configMap: { key: 'roots.pem' } },
    );
    return;
  }
  const callers = env.apps.filter((app) =>
    signalsOverTls(env.cluster, app).some(({ operator }) => operator === name),
  );
  const readers = new Set([...leaves.map(({ namespace: space }) => space), ...callers.map(namespaceOf)]);
  bundle(chart, trustName(name), anchor, namespacesNamed([...readers].sort()), {
    configMap: { key: 'roots.pem' },
  });
  const server = leaves.find(({ usage }) => usage === 'server')?.namespace;
  if (kind !== 'database' || server === undefined) return;
  // Postgres reads CA certificates from a Secret; with this label, again when it changes.
  const secret = { key: 'ca.crt', metadata: { labels: { 'cnpg.io/reload': '' } } };
  bundle(chart, peersName(name), anchor, namespacesNamed([server]), { secret });
}

function namespacesNamed(values: string[]): Namespaces {
  return { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] };
}

function bundle(
  chart: Chart,
  name: string,
  anchor: string,
  namespaceSelector: Namespaces,
  target: Target,
): void {
  customResource(chart, `bundle-${name}`, {
    apiVersion: 'trust.cert-manager.io/v1alpha1',
    kind: 'Bundle',
    metadata: { name },
    spec: {
      sources: [{ configMap: { name: rootsName(anchor), includeAllKeys: true } }],
      target: {
        ...target,
        namespaceSelector,
      },
    },
  });
}

/** `written`: the ConfigMaps to which it adds CA certificates. */
function trustRoots(chart: Chart, image: string, written: string[]): void {
  serviceAccount(chart, controller, trustNamespace);
  controllerDeployment(chart, {
    name: controller,
    namespace: trustNamespace,
    update: 'rolling',
    pod: {
      container: {
        name: controller,
        image,
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: httpProbe('http', '/readyz', { period: 2 }),
        livenessProbe: httpProbe('http', '/healthz'),
        resources: { cpu: '10m', memory: '16Mi', memoryLimit: '64Mi' },
        volumeMounts: [],
      },
    },
  });
  const subject = { serviceAccount: controller, namespace: trustNamespace };
  // Requests have certificates but no keys.
  role(chart, controller, certManagerNamespace, subject, [
    { apiGroups: ['cert-manager.io'], resources: ['certificaterequests'], verbs: ['list', 'watch'] },
  ]);
  role(chart, `${controller}-write`, trustNamespace, subject, [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: written, verbs: ['patch'] },
  ]);
  allow(chart, controller, trustNamespace, { egress: [toKubernetesApi] });
}
