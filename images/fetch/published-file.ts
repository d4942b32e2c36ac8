import type { Platform } from '../engine/platform.ts';
import type { Lock } from '../lock/schema.ts';

/** A program as upstream publishes it for one platform. */
export interface PublishedFile {
  executable: string;
  version: string;
  url: string;
  /** Where the program stands in the archive, if the file is one. */
  member?: string;
  /** Of the file; not known before it was fetched once (`npm run lock -- update`). */
  sha256?: string | undefined;
}

/** What the lock file says of an executable for a platform; `undefined` where upstream's file is not named there. */
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
