import type { Platform } from '../engine/platform.ts';
import type { Lock } from '../lock/schema.ts';

/** A program that upstream publishes for one platform. */
export interface PublishedFile {
  executable: string;
  version: string;
  url: string;
  /** Path of the program in the archive; undefined if the file is the program. */
  member?: string;
  /** Checksum of the file; undefined until `npm run lock -- update` adds it. */
  sha256?: string | undefined;
}

/** The published file of an executable for a platform; undefined if the lock file has none. */
export function publishedFile(lock: Lock, executable: string, platform: Platform): PublishedFile | undefined {
  const component = Object.values(lock.binaries).find(({ download }) => executable in download);
  const source = component?.download[executable];
  if (component === undefined || source === undefined) return undefined;
  const { version } = component;
  const [os = '', arch = ''] = platform.split('/');
  const values: Record<string, string> = {
    version,
    number: version.replace(/^v/, ''),
    os,
    arch,
    cpu: arch === 'amd64' ? 'x64' : arch,
  };
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (whole, placeholder: string) => values[placeholder] ?? whole);
  return {
    executable,
    version,
    url: fill(source.url),
    ...(source.member === undefined ? {} : { member: fill(source.member) }),
    sha256: source.sha256[platform],
  };
}
