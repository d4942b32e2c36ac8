import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ManifestRepository } from '../../scripts/flux/manifest-repository.ts';

/** Serves a repository in a folder, with the services of Git on this machine in place of those in a pod. */
export function servedFolder(folder: string): ManifestRepository['serve'] {
  return async (service: string, stream: Duplex) => {
    const child = spawn(service, [folder], { stdio: 'pipe' });
    const errors = text(child.stderr);
    const code = new Promise((resolve) => child.on('close', resolve));
    await Promise.all([pipeline(stream, child.stdin, { end: true }), pipeline(child.stdout, stream)]);
    if ((await code) !== 0) throw new Error(await errors);
  };
}
