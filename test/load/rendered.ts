import { listField, textField } from '../../charts/kube/field.ts';
import type { Component, KubeObject } from '../../charts/kube/kube-object.ts';
import { quantityOf } from '../../model/schema/quantity.ts';

/** The rendered fields of one container that the programs need here. */
export interface RenderedContainer {
  args: string[];
  /** Files of its ConfigMap, by name. */
  files: Record<string, string>;
  /** Bytes. */
  memoryLimit: number;
}

/** The first container of a component's only workload. */
export function rendered(component: Component): RenderedContainer {
  const workload = component.objects.find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
  const container = listField(workload, 'spec', 'template', 'spec', 'containers')[0];
  const limit = quantityOf(textField(container, 'resources', 'limits', 'memory'));
  if (limit === undefined) throw new Error(`${component.name} has no workload with a memory limit`);
  return {
    args: listField(container, 'args').map(String),
    files: configFiles(component.objects.find(({ kind }) => kind === 'ConfigMap')),
    memoryLimit: limit,
  };
}

function configFiles(object: KubeObject | undefined): Record<string, string> {
  const data: unknown = object === undefined ? {} : Reflect.get(object, 'data');
  return Object.fromEntries(Object.entries(Object(data)).map(([name, text]) => [name, String(text)]));
}
