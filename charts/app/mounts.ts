import { hash } from 'node:crypto';
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { EnvironmentApp } from '../../model/graph.ts';
import { temporarySpace } from '../../model/schema/mount.ts';
import { claimName, podVolume } from '../../model/schema/volume.ts';
import { namespaceOf } from '../kube/names.ts';

/** Volumes and mounts of every container in a pod. */
export interface Mounts {
  volumes: k8s.Volume[];
  volumeMounts: k8s.VolumeMount[];
}

/** Files and temporary space, for each pod of an app and for its job. */
export function passingMounts(app: EnvironmentApp): Mounts {
  const all = [tmp(app), fileMounts(app), temporaryMounts(app)];
  return {
    volumes: all.flatMap(({ volumes }) => volumes),
    volumeMounts: all.flatMap(({ volumeMounts }) => volumeMounts),
  };
}

/** The volumes that outlive pods. The claims of a StatefulSet come from its templates. */
export function volumeMounts({ name, volumes }: EnvironmentApp): Mounts {
  const all = Object.entries(volumes);
  return {
    volumes: all
      .filter(([, { per }]) => per === 'app')
      .map(([volume]) => ({
        name: podVolume(volume),
        persistentVolumeClaim: { claimName: claimName(name, volume) },
      })),
    volumeMounts: all.map(([volume, { path }]) => ({ name: podVolume(volume), mountPath: path })),
  };
}

function filesName(app: string): string {
  return `${app}-files`;
}

/** A key of a ConfigMap cannot have a slash: '__' replaces it, and no file name may contain it. */
function keyOf(path: string): string {
  return path.replaceAll('/', '__');
}

/** The ConfigMap with the files of an app, if it has any. */
export function filesConfigMap(chart: Chart, app: EnvironmentApp): void {
  if (app.fileContents.length === 0) return;
  const texts = app.fileContents.flatMap(({ path, text }) =>
    text === undefined ? [] : [[keyOf(path), text] as const],
  );
  const binaries = app.fileContents.flatMap(({ path, binary }) =>
    binary === undefined ? [] : [[keyOf(path), binary] as const],
  );
  new k8s.KubeConfigMap(chart, 'files', {
    metadata: { name: filesName(app.name), namespace: namespaceOf(app) },
    ...(texts.length > 0 ? { data: Object.fromEntries(texts) } : {}),
    ...(binaries.length > 0 ? { binaryData: Object.fromEntries(binaries) } : {}),
  });
}

/**
 * Pod annotation that changes with the content of the files, so that a change replaces the pods. The ConfigMap keeps its name:
 * Flux prunes a removed object before the new pods are ready, and an old pod that restarts would not find its files
 * (docs/decisions/0014-files.md).
 */
export function filesAnnotation({ fileContents }: EnvironmentApp): Record<string, string> {
  if (fileContents.length === 0) return {};
  return { 'plinth.io/config': hash('sha256', JSON.stringify(fileContents)).slice(0, 16) };
}

/** Mounts each file by itself, so that the other files of its folder stay visible. A mounted file does not change in a running pod. */
function fileMounts({ name, files, fileContents }: EnvironmentApp): Mounts {
  if (fileContents.length === 0) return { volumes: [], volumeMounts: [] };
  return {
    volumes: [{ name: 'files', configMap: { name: filesName(name) } }],
    volumeMounts: Object.entries(files).map(([path, file]) => ({
      name: 'files',
      mountPath: path,
      subPath: keyOf(file),
      readOnly: true,
    })),
  };
}

function tmp({ temporary, volumes }: EnvironmentApp): Mounts {
  const isTaken =
    temporary['/tmp'] !== undefined || Object.values(volumes).some(({ path }) => path === '/tmp');
  if (isTaken) return { volumes: [], volumeMounts: [] };
  return { volumes: [{ name: 'tmp', emptyDir: {} }], volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] };
}

function temporaryMounts({ temporary }: EnvironmentApp): Mounts {
  const all = Object.entries(temporary).map(([path, space], i) => {
    const { size, memory } = temporarySpace(space);
    return {
      volume: {
        name: `temporary-${i}`,
        emptyDir: {
          sizeLimit: k8s.Quantity.fromString(size),
          ...(memory ? { medium: 'Memory' } : {}),
        },
      },
      mount: { name: `temporary-${i}`, mountPath: path },
    };
  });
  return { volumes: all.map(({ volume }) => volume), volumeMounts: all.map(({ mount }) => mount) };
}
