import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workloadNames } from './workload.ts';

const here = join(import.meta.dirname, '../..');

/** Description of one app; every second app uses the previous one. */
export function appText(name: string, index: number, before: string, cpu = '10m'): string {
  const uses = index % 2 === 1 ? `\n  uses: [{ kind: 'app', app: '${before}', port: 'http' }],` : '';
  return `export default {
  name: '${name}',
  summary: 'One of many.',
  image: { ref: 'registry.example.com/team/${name}:1.0.0' },
  ports: { http: { port: 8080 } },
  env: { LOG: 'info' },
  probes: { ready: { path: '/readyz', port: 'http' }, live: { path: '/healthz', port: 'http' } },
  resources: { cpu: '${cpu}', memory: '64Mi' },${uses}
};
`;
}

/** A repository with the operators of this one, one environment and the given number of apps. */
export function writeRepository(root: string, count: number): void {
  cpSync(join(here, 'operators'), join(root, 'operators'), { recursive: true });
  mkdirSync(join(root, 'images'), { recursive: true });
  cpSync(join(here, 'images/lock.yaml'), join(root, 'images/lock.yaml'));
  cpSync(join(here, 'model'), join(root, 'model'), {
    recursive: true,
    filter: (path) => !/\/(fixtures|golden)$|\.test\.ts$/.test(path),
  });
  // Packages that the model imports.
  cpSync(join(here, 'package-lock.json'), join(root, 'package-lock.json'));
  if (!readdirSync(root).includes('node_modules'))
    cpSync(join(here, 'node_modules/zod'), join(root, 'node_modules/zod'), { recursive: true });
  const names = workloadNames(count);
  for (const [i, name] of names.entries()) {
    mkdirSync(join(root, 'apps', name), { recursive: true });
    writeFileSync(join(root, 'apps', name, 'app.ts'), appText(name, i, names[i - 1] ?? ''));
  }
  mkdirSync(join(root, 'clusters/many'), { recursive: true });
  writeFileSync(
    join(root, 'clusters/many/cluster.yaml'),
    `name: many
domain: many.example.org
kubernetes: { version: v1.36.4 }
provider: { kind: machines }
nodes:
  - { name: control-1, role: control-plane, cpu: "4000", memory: 16Ti, address: 192.0.2.1 }
  - { name: worker-1, role: worker, cpu: "4000", memory: 16Ti, address: 192.0.2.2 }
registry: { overlay: tls }
source: { kind: git, url: https://git.example.org/platform.git }
apps:
${names.map((name) => `  ${name}:\n`).join('')}`,
  );
}
