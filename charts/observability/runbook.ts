/** Path of the page with a section per alert; a test checks that each section exists. */
export const runbookFile = 'docs/runbooks.md';

/** Path of an alert's runbook in the repository; no field has the repository's own web address. */
export function runbook(alert: string): string {
  return `${runbookFile}#${alert.toLowerCase()}`;
}
