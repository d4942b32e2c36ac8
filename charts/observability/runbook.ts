/** The page with a part for each alert, from the repository's root; a test looks whether the part exists. */
export const runbookFile = 'docs/runbooks.md';

/** Path of an alert's runbook in the repository; no description holds the repository's own address. */
export function runbook(alert: string): string {
  return `${runbookFile}#${alert.toLowerCase()}`;
}
