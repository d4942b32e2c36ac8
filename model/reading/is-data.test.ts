import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isData } from './is-data.ts';

const root = join(import.meta.dirname, '../..');

it.each(globSync(['apps/*/app.ts', 'operators/*/operator.ts'], { cwd: root }))('%s is plain data', (file) => {
  expect(isData(readFileSync(join(root, file), 'utf8'))).toBe(true);
});

it.each([
  'export default { name: "a" };',
  "export default { summary: 'It says while (true) and `x`.' }; // process.exit()",
  'const port = 8080;\nexport default { ports: { http: { port } }, env: { PORT: String(port) } };',
  "import type { App } from '../../model/app.ts';\nexport default { name: 'a', replicas: -1 } satisfies App;",
])('is plain data: %s', (text) => {
  expect(isData(text)).toBe(true);
});

it.each([
  'while (true);\nexport default {};',
  'process.exit(0);\nexport default {};',
  'await new Promise(() => {});',
  'Promise.reject("x");',
  'export default { get name() { return 1 } };',
  'export default { name() {} };',
  'export default { name: () => 1 };',
  'export default { at: Date.now() };',
  'export default { cpu: process.env.CPU };',
  "import './helper.ts';\nexport default {};",
  "import { base } from '../base.ts';\nexport default base;",
  "import { loadGraph } from '../../model/load-graph.ts';\nexport default loadGraph('.');",
  "import { loadGraph } from '../../model/load-graph.ts';\nexport default loadGraph`.`;",
  "import { loadGraph } from '../../model/load-graph.ts';\nexport default [loadGraph][0]('.');",
  "/*\nimport a */ setInterval(String, 1); /* from '../../model/app.ts' */",
  `export default { text: \`\${setTimeout(String, 1)}\` };`,
  "export default import('./later.ts');",
  'export default /a+/;',
])('is not plain data: %s', (text) => {
  expect(isData(text)).toBe(false);
});
