import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { kindOf } from '../../charts/kube/object-id.ts';

/** A manifest of a database or volume. */
export interface DataManifest {
  environment: string;
  /** Path from the root, with `/`: `manifests/dev/orders-db/cluster-orders-db.yaml`. */
  file: string;
  object: KubeObject;
}

/** Names of files that can describe a database or volumes. */
const pattern = /^manifests\/([^/]+)\/[^/]+\/(?:cluster|persistentvolumeclaim|statefulset)-[^/]+\.yaml$/;

const kinds = ['Cluster.postgresql.cnpg.io', 'PersistentVolumeClaim', 'StatefulSet.apps'];

/** The databases and volumes in manifests, by path. Files that cannot be parsed are ignored: no render wrote them. */
export function dataOf(files: Iterable<readonly [path: string, text: string]>): DataManifest[] {
  return [...files].flatMap(([file, text]) => {
    const environment = pattern.exec(file)?.[1];
    if (environment === undefined) return [];
    const object: unknown = parse(text, { logLevel: 'silent', strict: false });
    return isKubeObject(object) && kinds.includes(kindOf(object)) ? [{ environment, file, object }] : [];
  });
}

/** The databases and volumes of an environment, from the manifests in a folder. */
export function dataIn(folder: string, environment: string): DataManifest[] {
  const files: [string, string][] = [];
  for (const component of foldersIn(join(folder, environment))) {
    for (const name of readdirSync(join(folder, environment, component))) {
      const path = `manifests/${environment}/${component}/${name}`;
      if (pattern.test(path))
        files.push([path, readFileSync(join(folder, environment, component, name), 'utf8')]);
    }
  }
  return dataOf(files);
}

function foldersIn(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return [];
    throw error;
  }
}

/**
 * The same from the last commit, in case the folder was removed before the render. Empty without a Git repository or
 * a commit.
 */
export async function committedData(root: string): Promise<DataManifest[]> {
  const git = async (args: string[], input = ''): Promise<Buffer> => {
    try {
      const running = promisify(execFile)('git', args, { cwd: root, maxBuffer: 1 << 28, encoding: 'buffer' });
      running.child.stdin?.on('error', () => {}).end(input);
      return (await running).stdout;
    } catch (error) {
      // Fails without a repository or a commit, and if Git is not installed.
      if (error instanceof Error && 'code' in error) return Buffer.alloc(0);
      throw error;
    }
  };
  const names = await git(['ls-tree', '-r', '-z', '--name-only', 'HEAD', '--', 'manifests']);
  const paths = names
    .toString('utf8')
    .split('\0')
    .filter((path) => pattern.test(path));
  if (paths.length === 0) return [];
  const wanted = paths.map((path) => `HEAD:./${path}\n`).join('');
  const texts = objectsIn(await git(['cat-file', '--batch'], wanted));
  return dataOf(paths.map((path, i) => [path, texts[i] ?? ''] as const));
}

/** Parses the output of `git cat-file --batch`: per object a line with its size, its bytes and a line end; a missing object has only a line. */
function objectsIn(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\n', at);
    const size = / blob (\d+)$/.exec(bytes.toString('utf8', at, end))?.[1];
    at = end + 1;
    texts.push(bytes.toString('utf8', at, at + Number(size ?? 0)));
    if (size !== undefined) at += Number(size) + 1;
  }
  return texts;
}
