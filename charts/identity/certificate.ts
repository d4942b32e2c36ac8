import type { Chart } from 'cdk8s';
import type { Environment } from '../../model/graph.ts';
import {
  type Authority,
  authorities,
  authorityCommonName,
  environmentAuthority,
  type Leaf,
} from '../../model/identity.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import { customResource, type FieldOf } from '../kube/custom-resource.ts';
import { caName, certManagerNamespace } from '../kube/names.ts';

/** The ClusterIssuer of root certificates. */
export const selfSigned = 'self-signed';

/** The fields of a Certificate; the admission policy compares exactly these. */
export interface CertificateRequest {
  name: string;
  namespace: string;
  /** The ClusterIssuer. */
  issuer: string;
  isCA: boolean;
  commonName: string;
  dnsNames: string[];
  usages: FieldOf<'Certificate', 'usages'>;
  /** The only domains for which a CA may issue. Default: any. */
  permits?: string[];
  /** In Go's notation. */
  duration: string;
  /** In Go's notation. */
  renewBefore: string;
  /** Whether a renewal creates a new key. */
  rotationPolicy: 'Always' | 'Never';
  /** Whether its Secret has the label with which CloudNativePG reads a changed Secret again. */
  reloads: boolean;
}

/** The type of every private key. */
export const privateKey = { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8' } as const;

/** All addresses: a CA with permitted domains may issue for none. */
export const everyAddress = ['0.0.0.0/0', '::/0'] as const;

/** Name constraints of a CA. Critical: a client that does not support them must reject the CA (RFC 5280, section 4.2.1.10). */
export function nameConstraints(domains: readonly string[]): FieldOf<'Certificate', 'nameConstraints'> {
  return {
    critical: true,
    permitted: { dnsDomains: [...domains] },
    excluded: { ipRanges: [...everyAddress] },
  };
}

/** Labels of the Secret of a certificate that CloudNativePG uses. */
export const reloadLabels = { 'cnpg.io/reload': '' } as const;

/** All Certificates of an environment: CAs of authorities, and leaves. */
export function certificateRequests(env: Environment): CertificateRequest[] {
  return authorities(env).flatMap((authority) => [
    ...authority.trusted.map((generation) => caRequest(env, authority, generation)),
    ...authority.leaves.map((leaf) => leafRequest(env, authority, leaf)),
  ]);
}

/** The Certificate of an authority, in one of its generations. */
export function caCertificate(
  chart: Chart,
  env: Environment,
  authority: Authority,
  generation: number,
): void {
  certificate(chart, caRequest(env, authority, generation), {
    // trust-roots selects CA certificates by these labels.
    'plinth.io/authority': authority.name,
    'plinth.io/generation': `${generation}`,
  });
}

/** A Certificate in the namespace of the app that holds it. */
export function leafCertificate(chart: Chart, env: Environment, leaf: Leaf): void {
  const authority = authorities(env).find(({ name }) => name === leaf.authority);
  if (authority === undefined)
    throw new Error(`${leaf.name} is issued by '${leaf.authority}', which does not exist`);
  certificate(chart, leafRequest(env, authority, leaf));
}

function caRequest(env: Environment, authority: Authority, generation: number): CertificateRequest {
  const name = caName(authority.name, generation);
  const above = authorities(env).find((each) => each.name === environmentAuthority);
  const isRoot = authority.anchor === authority.name;
  const ca = env.cluster.identity.ca;
  const [duration, renewBefore] = [inSeconds(ca.duration), inSeconds(ca.renewBefore)];
  // The environment's root must outlive all other CAs.
  const isAbove = authority.kind === 'environment';
  return {
    name,
    namespace: certManagerNamespace,
    issuer: isRoot || !above ? selfSigned : caName(above.name, above.issuing),
    isCA: true,
    commonName: authorityCommonName(env.cluster, authority.name, generation),
    dnsNames: [],
    ...(authority.permits ? { permits: authority.permits } : {}),
    usages: ['cert sign', 'crl sign'],
    duration: goDuration(isAbove ? 2 * duration : duration),
    renewBefore: goDuration(isAbove ? duration : renewBefore),
    // A new key would be a new root, which is a new generation.
    rotationPolicy: 'Never',
    reloads: false,
  };
}

function leafRequest(
  env: Environment,
  authority: Authority,
  { name, namespace, commonName, dnsNames, usage }: Leaf,
): CertificateRequest {
  const { duration, renewBefore } = env.cluster.identity.certificates;
  return {
    name,
    namespace,
    issuer: caName(authority.name, authority.issuing),
    isCA: false,
    commonName,
    dnsNames,
    usages: ['digital signature', usage === 'server' ? 'server auth' : 'client auth'],
    duration: goDuration(inSeconds(duration)),
    renewBefore: goDuration(inSeconds(renewBefore)),
    rotationPolicy: 'Always',
    reloads: authority.kind === 'database',
  };
}

function certificate(chart: Chart, request: CertificateRequest, labels?: Record<string, string>): void {
  const { name, namespace, issuer, isCA, commonName, dnsNames, usages } = request;
  customResource(chart, `certificate-${name}`, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace, ...(labels ? { labels } : {}) },
    spec: {
      secretName: name,
      ...(request.reloads ? { secretTemplate: { labels: reloadLabels } } : {}),
      isCA,
      commonName,
      ...(dnsNames.length > 0 ? { dnsNames } : {}),
      ...(request.permits ? { nameConstraints: nameConstraints(request.permits) } : {}),
      usages,
      duration: request.duration,
      renewBefore: request.renewBefore,
      privateKey: { ...privateKey, rotationPolicy: request.rotationPolicy },
      revisionHistoryLimit: 1,
      issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: issuer },
    },
  });
}

/** Go's notation, so that the API server returns the same text as in Git. */
function goDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}
