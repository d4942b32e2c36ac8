import { readdirSync, readFileSync } from 'node:fs';
import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { configMap } from './config-map.ts';

const root = new URL('../../', import.meta.url);

/** Where the files of a program are in its pod. */
export const programFolder = '/program';

/** The TypeScript files of a folder of this repository, by their paths. */
export function filesOf(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, root)).map((file) => `${folder}/${file}`);
}

/**
 * A ConfigMap and its volume with the files of a Node program, at their paths in this repository, which their imports name.
 * @param others Further files of the volume: path and text.
 */
export function programFiles(
  chart: Chart,
  { name, namespace, files }: { name: string; namespace: string; files: readonly string[] },
  others: Readonly<Record<string, string>> = {},
): { podAnnotations: Record<string, string>; volume: k8s.Volume; volumeMount: k8s.VolumeMount } {
  const read = (path: string): [string, string] => [path, readFileSync(new URL(path, root), 'utf8')];
  const texts = [...[...files].sort().map(read), ...Object.entries(others)];
  const keyOf = (path: string) => path.replaceAll('/', '.');
  return {
    podAnnotations: configMap(
      chart,
      name,
      namespace,
      Object.fromEntries(texts.map(([path, text]) => [keyOf(path), text])),
    ),
    volume: {
      name: 'program',
      configMap: { name, items: texts.map(([path]) => ({ key: keyOf(path), path })) },
    },
    volumeMount: { name: 'program', mountPath: programFolder, readOnly: true },
  };
}
