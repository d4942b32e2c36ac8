import { z } from 'zod';
import type { ClusterClient } from '../cluster/client.ts';
import { ask, isNotFound } from '../cluster/request.ts';

/** A Certificate that is not issued as requested, or whose renewal failed. */
export interface CertificateTrouble {
  name: string;
  namespace: string;
  /** What it is waiting for, or the reason of the last failure. */
  message: string;
}

const condition = z.object({ type: z.string(), status: z.string(), message: z.string().optional() });
const metadata = z.object({ name: z.string(), namespace: z.string() });

const certificateList = z.object({
  items: z.array(
    z.object({
      metadata,
      spec: z.object({ dnsNames: z.array(z.string()).optional() }),
      status: z
        .object({
          failedIssuanceAttempts: z.number().optional(),
          conditions: z.array(condition).optional(),
        })
        .optional(),
    }),
  ),
});

type Certificate = z.infer<typeof certificateList>['items'][number];

const challengeList = z.object({
  items: z.array(
    z.object({
      metadata,
      spec: z.object({ dnsName: z.string() }),
      status: z.object({ state: z.string().optional(), reason: z.string().optional() }).optional(),
    }),
  ),
});

type Challenge = z.infer<typeof challengeList>['items'][number];

/** Every Certificate with a problem; empty if cert-manager is not installed. */
export async function certificateTroubles(client: ClusterClient): Promise<CertificateTrouble[]> {
  const { items } = certificateList.parse(await list(client, 'cert-manager.io', 'certificates'));
  const troubled = items.filter(isTroubled);
  if (troubled.length === 0) return [];
  const challenges = challengeList.parse(await list(client, 'acme.cert-manager.io', 'challenges')).items;
  return troubled
    .map((certificate) => ({
      name: certificate.metadata.name,
      namespace: certificate.metadata.namespace,
      message: messageOf(certificate, challenges),
    }))
    .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}

async function list(client: ClusterClient, group: string, plural: string): Promise<unknown> {
  const request = client.custom.listClusterCustomObject({ group, version: 'v1', plural });
  try {
    return await ask(client, plural, request);
  } catch (error) {
    if (isNotFound(error)) return { items: [] };
    throw error;
  }
}

function isTroubled({ status }: Certificate): boolean {
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready !== true || (status?.failedIssuanceAttempts ?? 0) > 0;
}

/** The reason of a challenge; else cert-manager's message about the last attempt or the Secret. */
function messageOf({ metadata, spec, status }: Certificate, challenges: readonly Challenge[]): string {
  const waiting = challenges
    .filter(
      (challenge) =>
        challenge.metadata.namespace === metadata.namespace &&
        spec.dnsNames?.includes(challenge.spec.dnsName) &&
        challenge.status?.state !== 'valid',
    )
    .map((challenge) => `${challenge.spec.dnsName}: ${shortReason(challenge.status?.reason ?? '')}`)
    .sort();
  if (waiting.length > 0) return waiting.join('; ');
  const said = (type: string, is: string) =>
    status?.conditions?.find((each) => each.type === type && each.status === is)?.message;
  const message =
    said('Issuing', 'False') ?? said('Ready', 'False') ?? 'cert-manager has not processed it yet';
  // Removes the text before the ACME server's own message, which names temporary objects of cert-manager.
  return message.replace(/^.* order is in "\w+" state: (?=.)/s, '');
}

/** The reason of a challenge without the requested address and token. */
function shortReason(reason: string): string {
  const short = reason
    .replace(/^Waiting for HTTP-01 challenge propagation: /, '')
    .replace(/^failed to perform self check GET request '[^']*': (Get "[^"]*": )?/, '')
    .replace(/^Error accepting authorization: (acme: )?/, '');
  return short === '' ? 'its challenge has not started' : short;
}
