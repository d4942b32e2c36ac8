/** The page with a part for each alert, from the repository's root; a test looks whether the part exists. */
export const runbookFile = 'docs/runbooks.md';

/** Where the repository tells what to do about an alert: a path in it, as its own address is nowhere written. */
export function runbook(alert: string): string {
  return `${runbookFile}#${alert.toLowerCase()}`;
}
