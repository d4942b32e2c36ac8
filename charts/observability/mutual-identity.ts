import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { Environment } from '../../model/graph.ts';
import { authorities, clientCertificate, serverCertificate } from '../../model/identity.ts';
import type { Operator } from '../../model/operator.ts';
import { leafCertificate } from '../identity/certificate.ts';
import { trustName } from '../kube/names.ts';

/** Paths in the container: a certificate, its key and the trusted roots. */
export interface CertificateFiles {
  certificate: string;
  key: string;
  roots: string;
}

/** Files and mounts with which an operator's pod serves and calls over mutual TLS. */
export interface MutualIdentity {
  volumes: k8s.Volume[];
  volumeMounts: k8s.VolumeMount[];
}

/** Files of the server certificate. */
export function serverFiles(operator: string): CertificateFiles {
  return filesOf(serverCertificate(operator));
}

/** Files of the client certificate for calls to another operator. */
export function clientFiles(callee: string): CertificateFiles {
  return filesOf(clientCertificate(callee));
}

function filesOf(certificate: string): CertificateFiles {
  const folder = `/identity/${certificate}`;
  return { certificate: `${folder}/tls.crt`, key: `${folder}/tls.key`, roots: `${folder}/roots.pem` };
}

/**
 * Adds an operator's certificates and returns the mounts of its pod: one folder per certificate, with the roots of its
 * authority. Operators that do not run in the environment are left out.
 */
export function mutualIdentity(chart: Chart, env: Environment, name: string): MutualIdentity {
  const operator = operatorNamed(env, name);
  const held = authorities(env).flatMap((authority) =>
    authority.kind === 'operator'
      ? authority.leaves
          .filter((leaf) => leaf.namespace === operator.namespace)
          .filter((leaf) => leaf.usage === 'client' || authority.name === name)
          .filter((leaf) => leaf.usage === 'server' || operator.calls.includes(authority.name))
      : [],
  );
  for (const leaf of held) leafCertificate(chart, env, leaf);
  return {
    volumes: held.map((leaf) => ({
      name: leaf.name,
      projected: {
        defaultMode: 0o440,
        sources: [
          {
            secret: {
              name: leaf.name,
              items: ['tls.crt', 'tls.key'].map((key) => ({ key, path: key })),
            },
          },
          {
            configMap: {
              name: trustName(leaf.authority),
              items: [{ key: 'roots.pem', path: 'roots.pem' }],
            },
          },
        ],
      },
    })),
    volumeMounts: held.map((leaf) => ({
      name: leaf.name,
      mountPath: `/identity/${leaf.name}`,
      readOnly: true,
    })),
  };
}

function operatorNamed(env: Environment, name: string): Operator {
  const found = env.operators.find((operator) => operator.name === name);
  if (found === undefined) throw new Error(`the operator ${name} does not run in ${env.name}`);
  return found;
}
