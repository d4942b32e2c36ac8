import { caName } from '../../charts/kube/names.ts';
import type { Authority } from '../../model/identity.ts';
import type { CertificateHolder } from './certificate-holder.ts';
import { keyOf, type Observation } from './observe.ts';

/** A difference from cluster.yaml, and the command to type if it persists. */
export interface Missing {
  what: string;
  remedy: string;
}

/** Time after which every process that reloads files has done so; the kubelet needs most of it. */
export const settledMs = 150_000;

/**
 * The remaining differences between the state of an authority and cluster.yaml: its CA certificates are
 * collected, copied to each namespace, its certificates issued, and in use by each process. Empty if the next
 * step of a rotation can start. `anchor` is the authority that is trusted for it: itself, or the
 * environment's.
 */
export function missingFor(
  { name, kind, issuing, leaves }: Authority,
  anchor: Authority,
  { at, issued, trust, uses }: Observation,
): Missing[] {
  const missing: Missing[] = [];
  const note = (what: string, remedy = 'npm run status') => missing.push({ what, remedy });
  const known = trust.get(name);
  const ids = [...(known?.roots.keys() ?? [])].sort();
  const present = [...new Set(known?.roots.values() ?? [])];
  const { trusted } = anchor;
  if (!same(known?.trusted ?? [], trusted) || !same(present, trusted) || ids.length === 0) {
    note(
      `the trusted generations of ${anchor.name} are ${list(present)}, not ${list(trusted)}`,
      'kubectl get certificate -n cert-manager; kubectl logs -n trust deploy/trust-roots',
    );
  }
  // Only browsers trust the gateway's root, and they cannot be observed.
  const readers = kind === 'gateway' ? [] : leaves.map((leaf) => leaf.namespace);
  for (const namespace of [...new Set(readers)].sort()) {
    if (!same(known?.spread.get(namespace)?.ids ?? [], ids)) {
      note(
        `the CA certificates of ${name} have not reached the namespace ${namespace}`,
        `kubectl describe bundle ${name}-trust`,
      );
    }
  }
  const root = issued.get(`cert-manager/${caName(anchor.name, anchor.issuing)}`)?.current;
  for (const leaf of leaves) {
    const key = keyOf(leaf);
    const certificate = issued.get(key);
    const describe = `kubectl describe certificate -n ${leaf.namespace} ${leaf.name}`;
    if (certificate?.issuer !== caName(name, issuing)) {
      note(`${key} has the issuer ${certificate?.issuer ?? 'nobody'}, not generation ${issuing}`, describe);
      continue;
    }
    if (!certificate.ready || certificate.current === undefined) {
      note(`${key} is not issued: ${certificate.message}`, describe);
      continue;
    }
    const { serial, notBefore, top } = certificate.current;
    if (top !== root?.subject) {
      note(
        `${key} was issued below ${top}, not below generation ${anchor.issuing} of ${anchor.name}`,
        `kubectl delete secret -n ${leaf.namespace} ${leaf.name}`,
      );
      continue;
    }
    const since = Math.max(notBefore.getTime(), known?.spread.get(leaf.namespace)?.since.getTime() ?? 0);
    for (const use of uses.get(key) ?? []) {
      const what = lacks(use, { serial, ids, waitedMs: at.getTime() - since });
      if (what !== undefined) note(`${use.who} ${what} (${key})`, use.remedy);
    }
  }
  return missing;
}

/** The missing action of a process. */
export function lacks(
  { by, serial, roots, unseen, silent = false }: CertificateHolder,
  wanted: { serial: string; ids?: readonly string[]; waitedMs: number },
): string | undefined {
  if (unseen !== undefined && !silent) return `was not observed: ${unseen}`;
  if (serial !== undefined && serial !== wanted.serial) {
    return by === 'wire' ? 'still serves the previous certificate' : 'still has the previous certificate';
  }
  if (wanted.ids !== undefined && roots !== undefined && !same(roots, wanted.ids)) {
    return 'does not trust the current CA certificates yet';
  }
  if (silent && wanted.waitedMs < settledMs) {
    const left = Math.ceil((settledMs - wanted.waitedMs) / 1000);
    return `does not report its certificate: it has ${left} s more to reload its files`;
  }
  return undefined;
}

function same<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

function list(generations: readonly number[]): string {
  return generations.length === 0 ? 'none' : [...generations].sort((a, b) => a - b).join(' and ');
}
