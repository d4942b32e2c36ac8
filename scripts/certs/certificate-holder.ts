/** A process, or a folder of this machine, that holds a certificate, and what was seen of it. */
export interface CertificateHolder {
  /** `NAMESPACE/POD`, or the folder. */
  who: string;
  /** How the certificate was seen: shown on the wire, told by the process, or read from this machine's files. */
  by: 'wire' | 'process' | 'files';
  serial?: string;
  /** Ids of the roots that it trusts, sorted. */
  roots?: string[];
  /** Why it was not seen. */
  unseen?: string;
  /** It tells nobody what it holds: only time says that it has read its files. */
  silent?: boolean;
  /** What to type where it holds what it should not any more. */
  remedy: string;
}
