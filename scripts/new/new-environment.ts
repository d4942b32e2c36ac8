import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadLock } from '../../images/lock/index.ts';
import { schemaLine } from '../../model/schema/json-schemas.ts';
import { environments, readCluster } from '../repository/read-cluster.ts';
import type { NewFiles } from './start.ts';

/** A Kind cluster with one node, on free ports, with the same apps as `dev`. */
export function newEnvironment(root: string, name: string): NewFiles {
  const others = environments(root).map((other) => ({ other, cluster: readCluster(other, root) }));
  const used = others.flatMap(({ cluster: { provider } }) =>
    provider.kind === 'kind' ? Object.values(provider.ports) : [],
  );
  const free = (from: number): number => {
    let port = from;
    while (used.includes(port)) port++;
    used.push(port);
    return port;
  };
  const prefix = others.map(({ other, cluster }) => cluster.name.slice(0, -other.length))[0] ?? '';
  const { kubernetes } = loadLock(join(root, 'images/lock.yaml'));
  const text = `${schemaLine('../cluster.schema.json')}
name: ${prefix}${name}
# Apps that are exposed answer at NAME.${name}.localhost, which every machine resolves to itself.
domain: ${name}.localhost
kubernetes:
  version: ${kubernetes}
provider:
  kind: kind
  ports: { http: ${free(8080)}, https: ${free(8443)}, registry: ${free(5002)} }
nodes:
  - { name: control-plane, role: control-plane, cpu: "2", memory: 4Gi }
registry:
  overlay: http
source:
  kind: in-cluster
artifacts: mirror
apps:
${appsOfDev(root)}`;
  return {
    files: { [`clusters/${name}/cluster.yaml`]: text },
    changes: {},
    next: [
      `$EDITOR clusters/${name}/cluster.yaml    # nodes, apps, differences from other environments`,
      'npm run render',
      `npm run init-cluster -- --env ${name}`,
    ],
  };
}

/** The apps of dev with their overrides; only the front page if there is no dev. */
function appsOfDev(root: string): string {
  const file = join(root, 'clusters/dev/cluster.yaml');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /^apps:\n((?: .*\n|\n)+)/m.exec(text)?.[1] ?? '  home:\n';
}
