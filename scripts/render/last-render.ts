import { manifestsBelow } from './difference.ts';
import { isSameStamp, type Stamp, stampOf } from './disk.ts';

/** What the last render found, for the next one to see that nothing has changed since. */
export interface LastRender {
  /** Of the descriptions. */
  hash: string;
  environments: string[];
  /** From the path of each manifest below the folder to its stamp. */
  files: Record<string, Stamp>;
}

/** Whether the manifests in `folder` are those of the last render, all of them, and untouched. */
export function isUntouched(folder: string, environment: string | undefined, { files }: LastRender): boolean {
  const there = manifestsBelow(folder, environment ?? '');
  return (
    there.length === Object.keys(files).length &&
    there.every((path) => isSameStamp(files[path], stampOf(`${folder}/${path}`)))
  );
}

/** To be made once the files are written. */
export function lastRender(
  folder: string,
  hash: string,
  environments: string[],
  paths: Iterable<string>,
): LastRender {
  const files = [...paths].flatMap((path) => {
    const stamp = stampOf(`${folder}/${path}`);
    return stamp === undefined ? [] : [[path, stamp] as const];
  });
  return { hash, environments, files: Object.fromEntries(files) };
}
