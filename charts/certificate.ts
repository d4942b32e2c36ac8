import { ApiObject, type Chart } from 'cdk8s';
import { inSeconds } from '../model/duration.ts';
import type { Environment } from '../model/graph.ts';
import {
  type Authority,
  authorities,
  authorityCommonName,
  environmentAuthority,
  type Leaf,
} from '../model/identity.ts';
import { certManagerNamespace } from './cert-manager.ts';
import { caName } from './names.ts';

/** The ClusterIssuer of roots. */
export const selfSigned = 'self-signed';

/** What a Certificate asks for, as far as it says who somebody is; the admission policy compares exactly this. */
export interface CertificateRequest {
  name: string;
  namespace: string;
  /** The ClusterIssuer. */
  issuer: string;
  isCA: boolean;
  commonName: string;
  dnsNames: string[];
  usages: string[];
}

/** All Certificates of an environment: of authorities and of those to whom they issue. */
export function certificateRequests(env: Environment): CertificateRequest[] {
  return authorities(env).flatMap((authority) => [
    ...authority.trusted.map((generation) => caRequest(env, authority, generation)),
    ...authority.leaves.map((leaf) => leafRequest(authority, leaf)),
  ]);
}

/** The Certificate of an authority, in one of its generations. */
export function caCertificate(
  chart: Chart,
  env: Environment,
  authority: Authority,
  generation: number,
): void {
  const { duration, renewBefore } = env.cluster.identity.ca;
  // The root of all others must outlive each of them.
  const times = authority.kind === 'environment' ? [2, 1] : [1, undefined];
  certificate(chart, caRequest(env, authority, generation), {
    duration: inSeconds(duration) * (times[0] ?? 1),
    renewBefore: times[1] === undefined ? inSeconds(renewBefore) : inSeconds(duration),
    // trust-roots finds the roots by these.
    labels: { 'plinth.io/authority': authority.name, 'plinth.io/generation': `${generation}` },
    // With another key it would be another root, and that is what generations are for.
    rotationPolicy: 'Never',
  });
}

/** A Certificate in the namespace of the app that holds it. */
export function leafCertificate(chart: Chart, env: Environment, leaf: Leaf): void {
  const authority = authorities(env).find(({ name }) => name === leaf.authority);
  if (authority === undefined)
    throw new Error(`${leaf.name} is issued by '${leaf.authority}', which does not exist`);
  const { duration, renewBefore } = env.cluster.identity.certificates;
  certificate(chart, leafRequest(authority, leaf), {
    duration: inSeconds(duration),
    renewBefore: inSeconds(renewBefore),
    rotationPolicy: 'Always',
    // CloudNativePG reads a Secret with this label again when it changes.
    ...(authority.kind === 'database' ? { secretLabels: { 'cnpg.io/reload': '' } } : {}),
  });
}

function caRequest(env: Environment, authority: Authority, generation: number): CertificateRequest {
  const name = caName(authority.name, generation);
  const above = authorities(env).find((each) => each.name === environmentAuthority);
  const isRoot = authority.anchor === authority.name;
  return {
    name,
    namespace: certManagerNamespace,
    issuer: isRoot || !above ? selfSigned : caName(above.name, above.issuing),
    isCA: true,
    commonName: authorityCommonName(env.cluster, authority.name, generation),
    dnsNames: [],
    usages: ['cert sign', 'crl sign'],
  };
}

function leafRequest(
  authority: Authority,
  { name, namespace, commonName, dnsNames, usage }: Leaf,
): CertificateRequest {
  return {
    name,
    namespace,
    issuer: caName(authority.name, authority.issuing),
    isCA: false,
    commonName,
    dnsNames,
    usages: ['digital signature', usage === 'server' ? 'server auth' : 'client auth'],
  };
}

function certificate(
  chart: Chart,
  { name, namespace, issuer, isCA, commonName, dnsNames, usages }: CertificateRequest,
  given: {
    /** In seconds. */
    duration: number;
    /** In seconds. */
    renewBefore: number;
    rotationPolicy: 'Always' | 'Never';
    labels?: Record<string, string>;
    secretLabels?: Record<string, string>;
  },
): void {
  new ApiObject(chart, `certificate-${name}`, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace, ...(given.labels ? { labels: given.labels } : {}) },
    spec: {
      secretName: name,
      ...(given.secretLabels ? { secretTemplate: { labels: given.secretLabels } } : {}),
      isCA,
      commonName,
      ...(dnsNames.length > 0 ? { dnsNames } : {}),
      usages,
      duration: goDuration(given.duration),
      renewBefore: goDuration(given.renewBefore),
      privateKey: {
        algorithm: 'ECDSA',
        size: 256,
        encoding: 'PKCS8',
        rotationPolicy: given.rotationPolicy,
      },
      revisionHistoryLimit: 1,
      issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: issuer },
    },
  });
}

/** As Go prints it, so that what the API server returns is what is in Git. */
function goDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}
