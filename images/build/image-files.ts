import { join } from 'node:path';
import { containerPlatform } from '../engine/platform.ts';
import { ensureBinary } from '../go/build.ts';
import type { LockImage } from '../lock/schema.ts';
import { folderEntries } from '../oci/folder-entries.ts';
import { type TarEntry, withParents } from '../oci/tar.ts';
import type { Report } from '../report.ts';
import { filesFolder, npmFolder } from './folders.ts';

type Build = NonNullable<LockImage['build']>;

/** All files of an image except its Debian root filesystem, in the order of an archive. */
export async function imageFiles(
  build: Build,
  report: Report,
  options: { signal?: AbortSignal | undefined; platform?: string } = {},
): Promise<TarEntry[]> {
  const { signal, platform = containerPlatform() } = options;
  const arch = platform.slice(platform.indexOf('/') + 1);
  const named = (path: string): string => path.replaceAll('{arch}', arch);
  const entries: TarEntry[] = [];
  for (const [path, executable] of Object.entries(build.binaries)) {
    const source = await ensureBinary(executable, report, { signal, platform });
    entries.push({ path: named(path.slice(1)), mode: 0o755, kind: 'file', source });
  }
  for (const [path, file] of Object.entries(build.npm)) {
    entries.push({ path: path.slice(1), mode: 0o755, kind: 'file', source: join(npmFolder, file) });
  }
  for (const [path, target] of Object.entries(build.links)) {
    entries.push({ path: named(path.slice(1)), mode: 0o777, kind: 'link', target: named(target) });
  }
  if (build.workdir !== undefined)
    entries.push({ path: build.workdir.slice(1), mode: 0o755, kind: 'directory' });
  if (build.files !== undefined) entries.push(...folderEntries(join(filesFolder, build.files)));
  if (build.debian !== undefined) return withParents(entries);
  return withParents([{ path: 'tmp', mode: 0o1777, kind: 'directory' }, ...entries]);
}
