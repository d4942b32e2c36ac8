import type { App } from '../../model/app.ts';
import { gatewayAuthority, gatewayNamespace } from '../../model/gateway.ts';

/** Value of the label `app.kubernetes.io/part-of` on every object. */
export const partOf = 'plinth';

/**
 * Annotations of ours. `url` and `summary` are on an app's Deployment, where the front page reads them; `after` names
 * what must be ready before, where the object itself does not say so.
 */
export const annotations = {
  url: 'plinth.io/url',
  summary: 'plinth.io/summary',
  after: 'plinth.io/after',
  /** How a workload takes up renewed certificates. */
  reload: 'plinth.io/reload',
  /** On pods: changes with the values of the secrets that they read. */
  secrets: 'plinth.io/secrets',
  /** On a HelmRelease: of the chart that was reviewed, as operator.ts pins it. */
  chartDigest: 'plinth.io/chart-digest',
  /** Why a workload needs as much as it reserves, where that is much. */
  resources: 'plinth.io/resources',
  /** On a node: the keys of the labels and taints that cluster.yaml gave it. */
  nodeFeatures: 'plinth.io/node-features',
} as const;

/** The Gateway that every exposed app is attached to. */
export const gateway = {
  namespace: gatewayNamespace,
  name: 'gateway',
  /** The listener for HTTPS: routes of apps attach to it, wherever TLS ends. */
  https: 'https',
  /** The listener for HTTP, which redirects to HTTPS. */
  http: 'http',
  className: 'traefik',
  /** The Secret with its certificate. */
  secret: gatewayAuthority,
} as const;

/** On the namespaces from which the Gateway takes routes; an admission policy lets no others have it. */
export const routesLabel = { 'plinth.io/routes': 'gateway' } as const;

/** The admission policy for hosts of routes, and its table; namespaces with `routesLabel` come after it. */
export const routesPolicy = 'hosts-of-the-graph';

/** Labels by which Services, policies and budgets find the pods of one workload. */
export function podLabels(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name };
}

/** Each app has a namespace of its own. */
export function namespaceOf(app: Pick<App, 'name'>): string {
  return app.name;
}

/** Name of an authority's Bundle and of its ConfigMap in each trusting namespace. */
export function trustName(authority: string): string {
  return `${authority}-trust`;
}

/** The Bundle of a database's authority, and the Secret by which Postgres knows its peers. */
export function peersName(authority: string): string {
  return `${authority}-peers`;
}

/** The ConfigMap with the roots of an authority, from which Bundles are made. */
export function rootsName(authority: string): string {
  return `${authority}-roots`;
}

/** Namespace for roots only: its content may be copied to every namespace. */
export const trustNamespace = 'trust';

/** The CA of an authority, by generation: of its Certificate, its Secret and, as an issuer, its ClusterIssuer. */
export function caName(authority: string, generation: number): string {
  return `${authority}-ca-${generation}`;
}

/** Where CloudNativePG runs; its databases run beside the apps that own them. */
export const postgresNamespace = 'cnpg-system';

/** Its Deployment: it looks for itself by the label that follows from this name. */
export const postgresOperator = 'cloudnative-pg';

/** On the namespaces of databases: CloudNativePG works in no others. A person labels one to restore a database there. */
export const databasesLabel = { 'plinth.io/databases': 'postgres' } as const;

/** The admission policy that guards every ClusterIssuer, and its binding; objects that ask one come after it. */
export const certificatePolicy = 'certificates-of-the-graph';

/** Namespace of cert-manager and of the Secrets with the keys of authorities: nothing else runs there. */
export const certManagerNamespace = 'cert-manager';

/** Secret in flux-system with the private keys of age by which Flux decrypts; made when a cluster is brought up, never rendered. */
export const decryptionKeys = 'sops-age';

/** Secret in the namespace of Kratos with its keys: a Job makes it once in each cluster, it is never rendered. */
export const accountsKeys = 'kratos-keys';

/** Secret with the registry's certificate where its overlay is `tls`. */
export const registryTlsSecret = 'registry-tls';

/** On the namespaces of the preview of a pull request, with its name, such as `pr-12`: they go with the preview. */
export const previewLabel = 'plinth.io/preview';
