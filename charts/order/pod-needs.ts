import { field, listField, textField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { idOf } from '../kube/object-id.ts';
import { podTemplate } from '../kube/pod-template.ts';

/** The need for a running registry at a host name. */
export function imagesNeed(host: string): string {
  return `images of ${host}`;
}

/** Ids of everything that must exist before an object's pods can start; empty for an object without pods. */
export function podNeeds(object: KubeObject): string[] {
  const pod = field(podTemplate(object), 'spec');
  if (pod === undefined) return [];
  const namespace = object.metadata.namespace ?? 'default';
  const needs: string[] = [];
  const add = (kind: string, name: string | undefined, reference?: unknown) => {
    if (name !== undefined && field(reference, 'optional') !== true) needs.push(idOf(kind, name, namespace));
  };
  add('ServiceAccount', textField(pod, 'serviceAccountName'));
  for (const secret of listField(pod, 'imagePullSecrets')) add('Secret', textField(secret, 'name'));
  for (const volume of listField(pod, 'volumes')) {
    add('PersistentVolumeClaim', textField(volume, 'persistentVolumeClaim', 'claimName'));
    for (const source of [volume, ...listField(volume, 'projected', 'sources')]) {
      const { secret, configMap } = {
        secret: field(source, 'secret'),
        configMap: field(source, 'configMap'),
      };
      add('Secret', textField(secret, 'secretName') ?? textField(secret, 'name'), secret);
      add('ConfigMap', textField(configMap, 'name'), configMap);
    }
  }
  for (const container of [...listField(pod, 'initContainers'), ...listField(pod, 'containers')]) {
    const host = textField(container, 'image')?.split('/')[0];
    if (host !== undefined) needs.push(imagesNeed(host));
    const values = listField(container, 'env').map((variable) => field(variable, 'valueFrom'));
    for (const value of values) {
      const { secret, configMap } = {
        secret: field(value, 'secretKeyRef'),
        configMap: field(value, 'configMapKeyRef'),
      };
      add('Secret', textField(secret, 'name'), secret);
      add('ConfigMap', textField(configMap, 'name'), configMap);
    }
    for (const source of listField(container, 'envFrom')) {
      const { secret, configMap } = {
        secret: field(source, 'secretRef'),
        configMap: field(source, 'configMapRef'),
      };
      add('Secret', textField(secret, 'name'), secret);
      add('ConfigMap', textField(configMap, 'name'), configMap);
    }
  }
  const priority = textField(pod, 'priorityClassName');
  return priority === undefined ? needs : [...needs, idOf('PriorityClass', priority)];
}
