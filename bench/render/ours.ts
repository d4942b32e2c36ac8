import '../../scripts/cli/compile-cache.ts';

// COUNT workloads with this repository's charts, one file each in FOLDER.
const { mkdirSync, writeFileSync } = await import('node:fs');
const { component } = await import('../../charts/kube/component.ts');
const { toYaml } = await import('../../charts/kube/yaml.ts');
const { addWorkload, workloadNames } = await import('./workload.ts');

const [count = '', folder = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const name of workloadNames(Number(count))) {
  const { objects } = component(name, (chart) => addWorkload(chart, name));
  writeFileSync(`${folder}/${name}.yaml`, objects.map(toYaml).join('---\n'));
}
