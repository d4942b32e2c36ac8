import type { Certificate } from './objects.ts';
import { condition, type Finding, good, inOrder } from './reading.ts';

/** A certificate of cert-manager. */
export interface CertificateState extends Finding {
  name: string;
  namespace: string;
  /** The common name, else the first DNS name. */
  subject: string;
  issuer: string;
  /** In Kubernetes' format; empty before the first issue. */
  notBefore: string;
  notAfter: string;
  renewal: string;
}

/** A renewal takes seconds; one that is due for longer than this has failed. */
const graceMs = 10 * 60_000;

/** The certificates on the page, at a time in milliseconds since 1970. */
export function certificateStates(certificates: Iterable<Certificate>, now: number): CertificateState[] {
  return inOrder(certificates).map((certificate) => {
    const { metadata, spec, status } = certificate;
    return {
      name: metadata.name,
      namespace: metadata.namespace ?? '',
      ...finding(certificate, now),
      subject: spec?.commonName ?? spec?.dnsNames?.[0] ?? '',
      issuer: spec?.issuerRef?.name ?? '',
      notBefore: status?.notBefore ?? '',
      notAfter: status?.notAfter ?? '',
      renewal: status?.renewalTime ?? '',
    };
  });
}

function finding({ metadata, status }: Certificate, now: number): Finding {
  const ready = condition(status?.conditions, 'Ready');
  const issuing = condition(status?.conditions, 'Issuing');
  const more = {
    command: `kubectl --namespace ${metadata.namespace} describe certificate ${metadata.name}`,
    events: [],
  };
  const { notAfter = '', renewalTime = '' } = status ?? {};
  if (notAfter !== '' && Date.parse(notAfter) <= now) {
    return { mood: 'bad', message: 'It has expired.', since: notAfter, more };
  }
  // False if the last attempt failed: cert-manager retries with growing delays, and removes the condition
  // after a success.
  if (issuing?.status === 'False') {
    return { mood: 'bad', message: issuing.message ?? '', since: issuing.lastTransitionTime ?? '', more };
  }
  if (renewalTime !== '' && Date.parse(renewalTime) + graceMs <= now) {
    return { mood: 'bad', message: 'Its renewal is overdue.', since: renewalTime, more };
  }
  if (issuing?.status === 'True') return { mood: 'working', message: issuing.message ?? '', since: '' };
  if (ready?.status === 'True') return good;
  if (!ready) return { mood: 'working', message: 'cert-manager has not processed it yet.', since: '' };
  const { reason = '', message = '', lastTransitionTime: since = '' } = ready;
  if (reason === 'DoesNotExist') return { mood: 'working', message, since };
  return { mood: 'bad', message, since, more };
}
