import type { App } from '../../model/app.ts';
import { gatewayAuthority, gatewayNamespace } from '../../model/gateway.ts';

/** Value of the label `app.kubernetes.io/part-of` on every object. */
export const partOf = 'plinth';

/**
 * Plinth's own annotations. `url` and `summary` are on an app's Deployment, where the front page reads them;
 * `after` names dependencies that the object itself does not show.
 */
export const annotations = {
  url: 'plinth.io/url',
  /** Addresses of public TCP and UDP ports. */
  addresses: 'plinth.io/addresses',
  summary: 'plinth.io/summary',
  after: 'plinth.io/after',
  /** How a workload reloads renewed certificates. */
  reload: 'plinth.io/reload',
  /** On pods: changes with the values of their secrets. */
  secrets: 'plinth.io/secrets',
  /** On a HelmRelease: digest of the reviewed chart, as in operator.ts. */
  chartDigest: 'plinth.io/chart-digest',
  /** Reason for a large reservation. */
  resources: 'plinth.io/resources',
  /** On a node: the keys of its labels and taints from cluster.yaml. */
  nodeFeatures: 'plinth.io/node-features',
} as const;

/** The Gateway of all exposed apps. */
export const gateway = {
  namespace: gatewayNamespace,
  name: 'gateway',
  /** The HTTPS listener; routes of apps attach to it, wherever TLS ends. */
  https: 'https',
  /** The HTTP listener, which redirects to HTTPS. */
  http: 'http',
  className: 'traefik',
  /** The Secret with its certificate. */
  secret: gatewayAuthority,
} as const;

/** Label of the namespaces whose routes the Gateway accepts; an admission policy forbids it elsewhere. */
export const routesLabel = { 'plinth.io/routes': 'gateway' } as const;

/**
 * The admission policy for hosts of routes, and its table; namespaces with `routesLabel` are applied after
 * it.
 */
export const routesPolicy = 'hosts-of-the-graph';

/** The admission policy for Traefik's own kinds, and its binding; Traefik reads these kinds after it. */
export const middlewarePolicy = 'middleware-of-the-graph';

/** Labels with which Services, policies and budgets select the pods of one workload. */
export function podLabels(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name };
}

/** Each app has its own namespace. */
export function namespaceOf(app: Pick<App, 'name'>): string {
  return app.name;
}

/** Name of an authority's Bundle and of its ConfigMap in each trusting namespace. */
export function trustName(authority: string): string {
  return `${authority}-trust`;
}

/** The Bundle of a database's authority, and the Secret with which Postgres verifies its peers. */
export function peersName(authority: string): string {
  return `${authority}-peers`;
}

/** The ConfigMap with the CA certificates of an authority, the source of Bundles. */
export function rootsName(authority: string): string {
  return `${authority}-roots`;
}

/** Namespace for CA certificates only: its content may be copied to every namespace. */
export const trustNamespace = 'trust';

/** Name of an authority's CA of one generation: its Certificate, Secret and ClusterIssuer. */
export function caName(authority: string, generation: number): string {
  return `${authority}-ca-${generation}`;
}

/** Namespace of CloudNativePG; its databases run in the namespaces of their owners. */
export const postgresNamespace = 'cnpg-system';

/** Its Deployment; it selects itself by the label with this name. */
export const postgresOperator = 'cloudnative-pg';

/**
 * Label of the namespaces in which CloudNativePG may work. To restore a database in another namespace, a
 * person labels that namespace.
 */
export const databasesLabel = { 'plinth.io/databases': 'postgres' } as const;

/** The admission policy for every ClusterIssuer, and its binding; Certificates are applied after it. */
export const certificatePolicy = 'certificates-of-the-graph';

/** The admission policy for the writes of the receiver of pushes. */
export const receiverPolicy = 'receiver-asks-alone';

/** The admission policy for the writes of the gate of roll-outs. */
export const gatePolicy = 'gate-opens-alone';

/** Condition of a pod, and its readiness gate: whether it fails no more requests than the pods of the version before. */
export const fewErrors = 'plinth.io/few-errors';

/** Namespace of cert-manager and of the Secrets with the keys of authorities: nothing else runs there. */
export const certManagerNamespace = 'cert-manager';

/**
 * Secret in flux-system with the private age keys with which Flux decrypts; created with the cluster, never
 * rendered.
 */
export const decryptionKeys = 'sops-age';

/**
 * Secret in the namespace of Kratos with its keys; a Job creates it once per cluster, it is never rendered.
 */
export const accountsKeys = 'kratos-keys';

/** On the namespaces of the preview of a pull request, with its name, such as `pr-12`: they go with the preview. */
export const previewLabel = 'plinth.io/preview';

/** Label of namespaces whose pods verify the registry: they get its roots in a ConfigMap. */
export const registryTrustLabel = { 'plinth.io/trusts': 'registry' } as const;
