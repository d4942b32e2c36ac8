import { createHash } from 'node:crypto';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { rawEntries } from '../oci/tar-reader.ts';
import type { Report } from '../report.ts';
import { fetchFile } from './fetch-file.ts';
import type { PublishedFile } from './published-file.ts';

/**
 * Downloads a program to `path` atomically and makes it executable.
 * @throws Error if the file does not have the lock file's checksum.
 */
export async function download(
  { executable, version, url, member, sha256 }: PublishedFile,
  path: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<void> {
  report(`${executable} ${version}: downloading`);
  const file = await fetchFile(url, { signal });
  const found = createHash('sha256').update(file).digest('hex');
  if (found !== sha256) {
    throw new Error(
      `${url} has the SHA-256 ${found}, and images/lock.yaml says ${sha256}. Nothing of it is used. ` +
        'If a proxy or a login page intercepts the download, fix that; if upstream changed the file, ask why before you run npm run lock -- update.',
    );
  }
  const program = member === undefined ? file : await memberOf(file, member, url);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, program);
  await chmod(partial, 0o755);
  await rename(partial, path);
}

async function memberOf(archive: Buffer, member: string, url: string): Promise<Buffer> {
  const plain = Readable.from([archive]).pipe(createGunzip());
  for await (const { path, content } of rawEntries(plain)) {
    if (path === member) return Buffer.from(content);
  }
  throw new Error(`${url} holds no ${member}: correct images/lock.yaml, member`);
}
