import type { Accepted } from './accepted.ts';
import type { Vulnerability } from './vulnerabilities.ts';

/** Vulnerabilities by what people said of them. */
export interface Judged {
  /** Nobody has accepted them, or no longer. */
  open: (Vulnerability & { expired?: string })[];
  accepted: Vulnerability[];
  /** Accepted ones that were not found: the line can go. */
  needless: Accepted['vulnerabilities'];
}

/** @param today As `2026-11-29`, in UTC. */
export function judge(
  found: readonly Vulnerability[],
  { vulnerabilities }: Pick<Accepted, 'vulnerabilities'>,
  today: string,
): Judged {
  const lineOf = ({ id, package: { name } }: Vulnerability) =>
    vulnerabilities.find((each) => each.id === id && each.package === name);
  const open: Judged['open'] = [];
  const accepted: Vulnerability[] = [];
  for (const each of found) {
    const line = lineOf(each);
    if (line === undefined) open.push(each);
    else if (line.until < today) open.push({ ...each, expired: line.until });
    else accepted.push(each);
  }
  const used = new Set(found.map(lineOf));
  return { open, accepted, needless: vulnerabilities.filter((line) => !used.has(line)) };
}
