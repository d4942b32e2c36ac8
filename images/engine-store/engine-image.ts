import { createReadStream } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import type { Root } from '../debian/root-filesystem.ts';
import { buildEnvironment } from '../engine/builder.ts';
import type { Engine } from '../engine/engine.ts';
import { runEngine } from '../engine/engine.ts';
import { type TarEntry, tar } from '../oci/tar.ts';
import { openEnded } from '../oci/tar-reader.ts';

/** Label with the key of the inputs of an image in the engine's store. */
export const keyLabel = 'plinth.key';

/** Whether the engine's store has an image with this reference and this key. */
export async function hasEngineImage(engine: Engine, ref: string, key: string): Promise<boolean> {
  try {
    const format = `{{index .Config.Labels "${keyLabel}"}}`;
    return (await runEngine(engine, ['image', 'inspect', '--format', format, ref])).trim() === key;
  } catch {
    return false;
  }
}

/** The id of an image in the engine's store; undefined if there is none with this reference. */
export async function inspectEngineImage(engine: Engine, ref: string): Promise<string | undefined> {
  try {
    return (await runEngine(engine, ['image', 'inspect', '--format', '{{.Id}}', ref])).trim();
  } catch {
    return undefined;
  }
}

/**
 * Imports an image with one layer into the engine's store, from files and the root below them, without an
 * archive on the disk. `changes` are lines of a Dockerfile: ENTRYPOINT, ENV, USER.
 */
export async function importEngineImage(
  engine: Engine,
  ref: string,
  content: {
    files: TarEntry[];
    root?: Root | undefined;
    key: string;
    changes: string[];
    stopSignal?: string;
  },
  signal?: AbortSignal,
): Promise<void> {
  const changes = [...content.changes, `LABEL ${keyLabel}=${content.key}`];
  const args = ['import', ...changes.flatMap((change) => ['--change', change]), '-', ref];
  const stream = archive(content.files, content.root);
  await runEngine(engine, args, { input: stream, signal, timeoutSeconds: 600 });
  if (content.stopSignal === undefined) return;
  // An import cannot set the label. The name is used because BuildKit accepts no image id in FROM.
  const input = `FROM ${ref}\nSTOPSIGNAL ${content.stopSignal}\n`;
  const env = { ...engine.env, ...buildEnvironment(engine) };
  await runEngine({ ...engine, env }, ['build', '--tag', ref, '-'], { input, signal });
}

/** The root's archive, then the files; an engine refuses a path that occurs twice, also for directories. */
function archive(files: TarEntry[], root: Root | undefined): Readable {
  const out = new PassThrough({ highWaterMark: 1 << 20 });
  const parts = async function* (): AsyncGenerator<Buffer> {
    const paths = new Set<string>();
    if (root !== undefined) {
      const plain = createReadStream(root.path, { highWaterMark: 1 << 20 }).pipe(createZstdDecompress());
      yield* openEnded(plain, paths);
    }
    yield* tar(files.filter(({ kind, path }) => kind !== 'directory' || !paths.has(path)));
  };
  pipeline(parts(), out).catch((error) => out.destroy(error));
  return out;
}
