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

/** The label that says from what an image in the engine's own store was made. */
export const keyLabel = 'plinth.key';

/** Whether the engine's store holds an image under this reference that was made from this key. */
export async function hasEngineImage(engine: Engine, ref: string, key: string): Promise<boolean> {
  try {
    const format = `{{index .Config.Labels "${keyLabel}"}}`;
    return (await runEngine(engine, ['image', 'inspect', '--format', format, ref])).trim() === key;
  } catch {
    return false;
  }
}

/** The id of an image of the engine's store; `undefined` where it holds none under this reference. */
export async function inspectEngineImage(engine: Engine, ref: string): Promise<string | undefined> {
  try {
    return (await runEngine(engine, ['image', 'inspect', '--format', '{{.Id}}', ref])).trim();
  } catch {
    return undefined;
  }
}

/**
 * Puts an image together in the engine's own store from files and, below them, a root, with one layer and no
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
  // An import cannot set it. By name, as BuildKit starts from no image by its id.
  const input = `FROM ${ref}\nSTOPSIGNAL ${content.stopSignal}\n`;
  const env = { ...engine.env, ...buildEnvironment(engine) };
  await runEngine({ ...engine, env }, ['build', '--tag', ref, '-'], { input, signal });
}

/** The root's archive, then the files; an engine refuses a path that comes twice, a directory too. */
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
