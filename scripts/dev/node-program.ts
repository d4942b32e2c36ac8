import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EnvironmentApp } from '../../model/graph.ts';
import { Failure } from '../cli/failure.ts';

/** Start of a Node program from its sources. */
export interface NodeProgram {
  /** Its working directory, from the root. */
  folder: string;
  /** Node flags, as in the container. */
  flags: string[];
  /** Path below the folder. */
  script: string;
  args: string[];
}

/**
 * The source of the container's program: the entry point of the bundle, else the file in the Dockerfile's CMD.
 * @throws Failure if that is not a Node program in the app's folder.
 */
export function programOf(root: string, app: EnvironmentApp): NodeProgram {
  const build = app.builds.find(({ kind }) => kind === 'image');
  if (build === undefined)
    throw refused(app, 'its image is not built from this repository', `image: { ref: '${app.imageRef}' }`);
  const own = [...(app.command ?? []), ...(app.args ?? [])];
  const words = own.length > 0 ? own : commandIn(join(root, build.folder, 'Dockerfile'));
  const [runtime = 'nothing', ...rest] = words;
  if (runtime !== 'node' && !runtime.endsWith('/node'))
    throw refused(app, `it runs ${runtime}`, words.join(' '));
  const at = rest.findIndex((word) => !word.startsWith('-'));
  const script = build.bundle ?? rest[at];
  if (at === -1 || script === undefined || !existsSync(join(root, build.folder, script)))
    throw refused(app, `${build.folder} has no ${script ?? 'program'} to start`, words.join(' '));
  return { folder: build.folder, flags: rest.slice(0, at), script, args: rest.slice(at + 1) };
}

/** The words of the last CMD of a Dockerfile in exec form; empty if there is none. */
function commandIn(dockerfile: string): string[] {
  const lines = readFileSync(dockerfile, 'utf8').replaceAll('\\\n', ' ').split('\n');
  const command = lines.findLast((line) => /^CMD\s*\[/i.test(line));
  if (command === undefined) return [];
  const parsed = z.array(z.string()).safeParse(JSON.parse(command.replace(/^CMD\s*/i, '')));
  return parsed.success ? parsed.data : [];
}

function refused({ name }: EnvironmentApp, why: string, what: string): Failure {
  return new Failure(
    `npm run dev starts Node programs from their sources, and ${name} is not one: ${why} (${what}).`,
    `Run it in the cluster: npm run deploy -- ${name} --watch`,
  );
}
