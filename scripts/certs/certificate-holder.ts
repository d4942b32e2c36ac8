/** A process, or a folder of this machine, with a certificate, and its observed state. */
export interface CertificateHolder {
  /** `NAMESPACE/POD`, or the folder. */
  who: string;
  /** Source of the observation: the wire, the process's own report, or files of this machine. */
  by: 'wire' | 'process' | 'files';
  serial?: string;
  /** Ids of the roots that it trusts, sorted. */
  roots?: string[];
  /** Reason why it could not be observed. */
  unseen?: string;
  /** Set if it reports no certificate: only the elapsed time shows that it has reloaded its files. */
  silent?: boolean;
  /** The command to type if it keeps an outdated certificate. */
  remedy: string;
}
