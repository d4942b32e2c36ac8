import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A static file. */
export interface Asset {
  type: string;
  body: Buffer;
  etag: string;
}

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const publicFolder = join(import.meta.dirname, 'public');

/** The files of `public/` by their path. */
export const assets: ReadonlyMap<string, Asset> = new Map(
  readdirSync(publicFolder).map((name) => {
    const body = readFileSync(join(publicFolder, name));
    const type = types[extname(name)] ?? 'application/octet-stream';
    return [`/${name}`, { type, body, etag: `W/"${hash([body])}"` }];
  }),
);

/** Hash of all files of this app. A page of another build reloads itself. */
export const build: string = hash(
  readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => readFileSync(file)),
);

function hash(parts: Buffer[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest('base64url').slice(0, 16);
}
