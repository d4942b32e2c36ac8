import { mkdirSync, writeFileSync } from 'node:fs';
import { component } from '../../charts/kube/component.ts';
import { toYaml } from '../../charts/kube/yaml.ts';
import { addWorkload, workloadNames } from './workload.ts';

/** The manifests of one workload. */
function manifests(name: string): string {
  return component(name, (chart) => addWorkload(chart, name))
    .objects.map(toYaml)
    .join('---\n');
}

/** A Helm chart with the same workloads; their names are values. */
export function writeHelmChart(folder: string, count: number): void {
  mkdirSync(`${folder}/templates`, { recursive: true });
  writeFileSync(`${folder}/Chart.yaml`, 'apiVersion: v2\nname: bench\nversion: 1.0.0\n');
  writeFileSync(`${folder}/values.yaml`, toYaml({ workloads: workloadNames(count) }));
  const template = manifests('workload-name').replaceAll('workload-name', '{{ . }}');
  writeFileSync(
    `${folder}/templates/workloads.yaml`,
    `{{- range .Values.workloads }}\n---\n${template}{{- end }}\n`,
  );
}

/** A Kustomize folder with the same workloads, one file each. */
export function writeKustomization(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  const names = workloadNames(count);
  for (const name of names) writeFileSync(`${folder}/${name}.yaml`, manifests(name));
  const resources = names.map((name) => `${name}.yaml`);
  writeFileSync(
    `${folder}/kustomization.yaml`,
    toYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources }),
  );
}
