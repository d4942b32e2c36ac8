import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pair } from './authority.ts';

let writes = 0;

/** Writes an identity as the kubelet does into a volume: all files at once, by the swap of a link. */
export function writeIdentity(folder: string, { cert, key }: Pair, roots: string): void {
  const version = `..${process.pid}-${++writes}`;
  mkdirSync(join(folder, version), { recursive: true });
  for (const [name, text] of Object.entries({ 'tls.crt': cert, 'tls.key': key, 'roots.pem': roots })) {
    writeFileSync(join(folder, version, name), text, { mode: 0o640 });
  }
  symlinkSync(version, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  for (const name of ['tls.crt', 'tls.key', 'roots.pem']) {
    if (existsSync(join(folder, name))) continue;
    symlinkSync(`..data/${name}`, join(folder, name));
  }
}

/** A new folder. Callers outside the tests of services remove it. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-scratch-'));
  chmodSync(folder, 0o755);
  return folder;
}
