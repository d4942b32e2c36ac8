import { dirname, join } from 'node:path';
import type { V1Container, V1EnvVar, V1PodSpec, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { Failure } from '../cli/failure.ts';

/** Keys and contents of a Secret or a ConfigMap. */
export type Contents = Readonly<Record<string, Buffer>>;

/** Source of values and files. */
export interface Sources {
  secret: (name: string) => Promise<Contents>;
  configMap: (name: string) => Promise<Contents>;
}

/** Environment of a process that replaces a container. */
export interface ProcessWorld {
  /** Variables, with paths that refer to the files below. */
  env: Record<string, string>;
  /** Map from the path of a file to its content. */
  files: Map<string, Buffer>;
  /** Writable folders. */
  folders: string[];
}

/**
 * The environment of a pod's container for a process on this machine: its variables, and its mounts below `folder`. A path below a
 * mount in a variable becomes the path in `folder`.
 * @throws Failure for things that only a pod can have: a service account token, the data of a volume, its own address.
 */
export async function processWorld(
  pod: V1PodSpec,
  container: V1Container,
  { sources, folder }: { sources: Sources; folder: string },
): Promise<ProcessWorld> {
  const mounts = container.volumeMounts ?? [];
  const { name } = container;
  if (pod.automountServiceAccountToken !== false) throw onlyInPod(name, 'a token of its service account');
  const world: ProcessWorld = { env: {}, files: new Map(), folders: [] };
  for (const mount of mounts) {
    const volume = pod.volumes?.find(({ name }) => name === mount.name);
    if (volume === undefined)
      throw new Error(`the pod mounts '${mount.name}', which is not one of its volumes`);
    const contents = await contentsOf(name, volume, sources);
    if (contents === undefined) world.folders.push(join(folder, mount.mountPath));
    else for (const [path, content] of filesOf(mount, contents)) world.files.set(join(folder, path), content);
  }
  for (const variable of container.env ?? []) {
    const value = await textOf(name, variable, sources);
    world.env[variable.name] = moved(value, mounts, folder);
  }
  return world;
}

/** The files of a volume; undefined for a writable folder. */
async function contentsOf(
  app: string,
  { name, emptyDir, secret, configMap, projected }: V1Volume,
  sources: Sources,
): Promise<Contents | undefined> {
  if (emptyDir !== undefined) return undefined;
  if (secret?.secretName !== undefined) return chosen(await sources.secret(secret.secretName), secret.items);
  if (configMap?.name !== undefined) return chosen(await sources.configMap(configMap.name), configMap.items);
  if (projected?.sources === undefined) throw onlyInPod(app, `the data of its volume '${name}'`);
  const all: Contents[] = [];
  for (const source of projected.sources) {
    if (source.secret?.name !== undefined)
      all.push(chosen(await sources.secret(source.secret.name), source.secret.items));
    else if (source.configMap?.name !== undefined)
      all.push(chosen(await sources.configMap(source.configMap.name), source.configMap.items));
    else throw onlyInPod(app, 'a token of its service account');
  }
  return Object.assign({}, ...all);
}

function chosen(contents: Contents, items: { key: string; path: string }[] | undefined): Contents {
  if (items === undefined) return contents;
  return Object.fromEntries(
    items.map(({ key, path }) => {
      const content = contents[key];
      if (content === undefined) throw lacking(key);
      return [path, content];
    }),
  );
}

function filesOf({ mountPath, subPath }: V1VolumeMount, contents: Contents): [string, Buffer][] {
  if (subPath === undefined)
    return Object.entries(contents).map(([path, content]) => [join(mountPath, path), content]);
  const content = contents[subPath];
  if (content === undefined) throw lacking(subPath);
  return [[mountPath, content]];
}

async function textOf(app: string, { name, value, valueFrom }: V1EnvVar, sources: Sources): Promise<string> {
  if (valueFrom === undefined) return value ?? '';
  const { secretKeyRef, configMapKeyRef } = valueFrom;
  const [from, key] =
    secretKeyRef?.name !== undefined
      ? [await sources.secret(secretKeyRef.name), secretKeyRef.key]
      : configMapKeyRef?.name !== undefined
        ? [await sources.configMap(configMapKeyRef.name), configMapKeyRef.key]
        : [undefined, ''];
  if (from === undefined) throw onlyInPod(app, `the pod field in its variable ${name}`);
  const content = from[key];
  if (content === undefined) throw lacking(key);
  return content.toString('utf8');
}

/** Converts a path below a mount to one below the folder; returns other texts unchanged. */
function moved(value: string, mounts: readonly V1VolumeMount[], folder: string): string {
  const isBelow = mounts.some(({ mountPath }) => value === mountPath || value.startsWith(`${mountPath}/`));
  return isBelow ? join(folder, value) : value;
}

/** The folders that must exist before the files can be written. */
export function foldersOf({ files, folders }: ProcessWorld): string[] {
  return [...new Set([...folders, ...[...files.keys()].map((path) => dirname(path))])];
}

function onlyInPod(app: string, what: string): Failure {
  return new Failure(
    `${app} cannot run outside of a pod: it needs ${what}.`,
    `Run it in the cluster: npm run deploy -- ${app} --watch`,
  );
}

function lacking(key: string): Failure {
  return new Failure(
    `the cluster's objects have no '${key}', which the manifests of this checkout mount.`,
    'Deploy the manifests: npm run deploy',
  );
}
