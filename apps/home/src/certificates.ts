import type { Certificate } from './objects.ts';
import { condition, type Finding, good, inOrder } from './reading.ts';

/** A certificate that cert-manager keeps. */
export interface CertificateState extends Finding {
  name: string;
  namespace: string;
  /** Whom it names: the common name, else the first DNS name. */
  subject: string;
  issuer: string;
  /** As Kubernetes writes times; empty before the first issue. */
  notBefore: string;
  notAfter: string;
  renewal: string;
}

/** A renewal takes seconds; one that is still due after this long does not happen by itself. */
const graceMs = 10 * 60_000;

/** What the page shows of the certificates at that time, in milliseconds since 1970. */
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
  // False when the last try failed: cert-manager tries again, later each time. After a success it is taken away.
  if (issuing?.status === 'False') {
    return { mood: 'bad', message: issuing.message ?? '', since: issuing.lastTransitionTime ?? '', more };
  }
  if (renewalTime !== '' && Date.parse(renewalTime) + graceMs <= now) {
    return { mood: 'bad', message: 'It should have been renewed by now.', since: renewalTime, more };
  }
  if (issuing?.status === 'True') return { mood: 'working', message: issuing.message ?? '', since: '' };
  if (ready?.status === 'True') return good;
  if (!ready) return { mood: 'working', message: 'cert-manager has not looked at it yet.', since: '' };
  const { reason = '', message = '', lastTransitionTime: since = '' } = ready;
  if (reason === 'DoesNotExist') return { mood: 'working', message, since };
  return { mood: 'bad', message, since, more };
}
