import type { Chart } from 'cdk8s';
import { gatewayTls } from '../../model/gateway.ts';
import { gatewayHosts } from '../../model/gateway-hosts.ts';
import type { Environment } from '../../model/graph.ts';
import type { Acme } from '../../model/schema/gateway.ts';
import { privateKey } from '../identity/certificate.ts';
import { customResource } from '../kube/custom-resource.ts';
import { certManagerNamespace, gateway, partOf, podLabels } from '../kube/names.ts';
import { allow, type Flow, pods, toDns } from '../kube/network-policy.ts';
import { role } from '../kube/rbac.ts';
import { listenerPorts } from './listeners.ts';

const name = 'acme';
const space = gateway.namespace;
const solver = 'acme-solver';
/** Port of cert-manager's pods that answer challenges (pkg/issuer/acme/http, acmeSolverListenPort). */
const solverPort = 8089;

/** ACME settings of the gateway; undefined if its certificate has another source or it serves no host. */
export function acmeOf(env: Environment): Acme | undefined {
  const tls = gatewayTls(env.cluster);
  return typeof tls === 'object' && gatewayHosts(env).length > 0 ? tls.acme : undefined;
}

/**
 * The gateway's Certificate by ACME, with the rights and flows of a challenge: for each host cert-manager creates a pod, a Service
 * and a route in the gateway's namespace, on the HTTP listener (cert-manager, 'HTTP-01', gatewayHTTPRoute).
 */
export function acme(chart: Chart, env: Environment): void {
  const found = acmeOf(env);
  if (found === undefined) return;
  const { server, email, roots } = found;
  const labels = { ...podLabels(solver), 'app.kubernetes.io/part-of': partOf };
  customResource(chart, 'acme-issuer', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Issuer',
    metadata: { name, namespace: space },
    spec: {
      acme: {
        server,
        email,
        ...(roots === undefined ? {} : { caBundle: Buffer.from(roots).toString('base64') }),
        privateKeySecretRef: { name: 'acme-account' },
        solvers: [
          {
            http01: {
              gatewayHTTPRoute: {
                parentRefs: [
                  { kind: 'Gateway', name: gateway.name, namespace: space, sectionName: gateway.http },
                ],
                serviceType: 'ClusterIP',
                podTemplate: { metadata: { labels } },
              },
            },
          },
        ],
      },
    },
  });
  customResource(chart, 'acme-certificate', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: gateway.secret, namespace: space },
    spec: {
      secretName: gateway.secret,
      dnsNames: gatewayHosts(env),
      usages: ['digital signature', 'server auth'],
      privateKey: { ...privateKey, rotationPolicy: 'Always' },
      revisionHistoryLimit: 1,
      issuerRef: { group: 'cert-manager.io', kind: 'Issuer', name },
    },
  });
  const subject = { serviceAccount: 'cert-manager', namespace: certManagerNamespace };
  const written = ['create', 'update', 'delete'];
  role(chart, 'cert-manager-acme', space, subject, [
    { apiGroups: [''], resources: ['pods', 'services'], verbs: ['create', 'delete'] },
    { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: written },
  ]);
  const traefik = pods(gateway.className, space);
  allow(chart, solver, space, { ingress: [{ peers: [traefik], ports: [{ port: solverPort }] }] });
}

/** Flows of cert-manager: to the ACME server, and to the hosts, because it tests each challenge itself before the server does. */
export function toAcme({ server }: Acme): Flow[] {
  const port = Number(new URL(server).port || 443);
  return [
    toDns,
    // cluster.yaml has both by name; their addresses change and are unknown when manifests are rendered.
    { ports: [...new Set([80, port])].map((each) => ({ port: each })) },
    // A host can resolve to the cluster's own gateway.
    { peers: [pods(gateway.className, space)], ports: [{ port: listenerPorts.http }] },
  ];
}
