import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const schema = join(import.meta.dirname, 'grafana-dashboard.ts');
const options = [
  '--strict',
  '--noEmit',
  '--skipLibCheck',
  '--allowImportingTsExtensions',
  '--pretty',
  'false',
];
const modules = ['--target', 'es2024', '--module', 'nodenext'];

/**
 * What TypeScript finds wrong in documents, each as a literal of the type of a dashboard: a key that Grafana's schema does not have, a missing one,
 * or a value of another type. Empty if there is nothing.
 */
export async function dashboardFaults(documents: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-dashboards-'));
  try {
    for (const [name, document] of Object.entries(documents))
      writeFileSync(
        join(folder, `${name}.ts`),
        `import type { GrafanaDashboard } from ${JSON.stringify(schema)};\nexport const dashboard: GrafanaDashboard = ${JSON.stringify(document, null, 1)};\n`,
      );
    const files = Object.keys(documents).map((name) => `${name}.ts`);
    const tsc = join(import.meta.dirname, '../../node_modules/.bin/tsc');
    const { failed, all } = await execa(tsc, [...options, ...modules, ...files], {
      cwd: folder,
      reject: false,
      all: true,
    });
    return failed ? all : '';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
