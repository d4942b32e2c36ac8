import { z } from 'zod';
import { certificatesIn, serialOf } from '../../apps/kit/pem.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';

/** A Certificate of the cluster and its last issued certificate, from public objects: no Secret is read. */
export interface Issued {
  /** `NAMESPACE/NAME`. */
  key: string;
  /** Whether the requested certificate is issued. */
  ready: boolean;
  /** Reason if it is not ready. */
  message: string;
  /** Its ClusterIssuer. */
  issuer: string;
  /** The newest certificate; absent before the first. */
  current?: {
    serial: string;
    notBefore: Date;
    notAfter: Date;
    /** Subject, as `CN=…`. */
    subject: string;
    /** Subject of the top of its chain, as `CN=…`; for a root its own subject. */
    top: string;
  };
}

const metadata = z.object({
  name: z.string(),
  namespace: z.string(),
  generation: z.number().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  message: z.string().optional(),
  observedGeneration: z.number().optional(),
});

const certificateList = z.object({
  items: z.array(
    z.object({
      metadata,
      spec: z.object({ issuerRef: z.object({ name: z.string() }) }),
      status: z
        .object({ revision: z.number().optional(), conditions: z.array(condition).optional() })
        .optional(),
    }),
  ),
});

const requestList = z.object({
  items: z.array(z.object({ metadata, status: z.object({ certificate: z.string().optional() }).optional() })),
});

/** Every Certificate of a cluster, by `NAMESPACE/NAME`. */
export async function issuedCertificates(client: ClusterClient): Promise<Map<string, Issued>> {
  const list = (plural: string) =>
    ask(
      client,
      plural,
      client.custom.listClusterCustomObject({ group: 'cert-manager.io', version: 'v1', plural }),
    );
  const [certificates, requests] = await Promise.all([list('certificates'), list('certificaterequests')]);
  return readIssued(certificates, requests);
}

/**
 * Joins Certificates with their CertificateRequests: the request of the current revision has the issued
 * certificate.
 */
export function readIssued(certificates: unknown, requests: unknown): Map<string, Issued> {
  const texts = new Map<string, string>(
    requestList.parse(requests).items.flatMap(({ metadata: { namespace, annotations = {} }, status }) => {
      const name = annotations['cert-manager.io/certificate-name'];
      const revision = annotations['cert-manager.io/certificate-revision'];
      return status?.certificate === undefined
        ? []
        : [[`${namespace}/${name} ${revision}`, status.certificate] as const];
    }),
  );
  return new Map(
    certificateList
      .parse(certificates)
      .items.map(({ metadata: { namespace, name, generation }, spec, status }) => {
        const key = `${namespace}/${name}`;
        const said = (type: string) => status?.conditions?.find((each) => each.type === type);
        const is = said('Ready');
        const issuing = said('Issuing')?.status === 'True';
        const ready = is?.status === 'True' && !issuing && (is.observedGeneration ?? 0) >= (generation ?? 0);
        const text = texts.get(`${key} ${status?.revision}`);
        return [
          key,
          {
            ...{ key, ready, issuer: spec.issuerRef.name },
            message: ready
              ? ''
              : issuing
                ? 'it is being issued'
                : (is?.message ?? 'cert-manager has not processed it yet'),
            ...(text === undefined ? {} : { current: read(text) }),
          },
        ];
      }),
  );
}

function read(base64: string): NonNullable<Issued['current']> {
  const chain = certificatesIn(Buffer.from(base64, 'base64').toString());
  const [certificate, last] = [chain[0], chain.at(-1)];
  if (certificate === undefined || last === undefined)
    throw new Error('a CertificateRequest has no certificate');
  return {
    serial: serialOf(certificate),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    subject: certificate.subject,
    top: last.issuer,
  };
}
