import { relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../cli/failure.ts';
import { RenderCache } from './cache.ts';
import type { Difference } from './difference.ts';
import type { Memory } from './memory.ts';

/** Options of `npm run render`. */
export interface RenderCommand {
  check?: boolean;
  env?: string;
  json?: boolean;
  out?: string;
  /** `false`: ignores the cache and does not write it. */
  cache?: boolean;
  /** Earlier renders of this process, used instead of the cache. */
  memory?: Memory;
}

/** Result of a render, for output. */
interface Report {
  environments: string[];
  /** Number of manifests. */
  files: number;
  difference: Difference;
}

/**
 * Renders and prints the result. Exit codes as in kubectl: 0 if done or without differences, 1 for differences or diagnostics.
 * A check ignores the cache.
 * @param onRendered Called with the environments and the seconds, unless nothing had changed. Default: nothing.
 */
export async function renderCommand(
  root: string,
  command: RenderCommand,
  print: (text: string) => void,
  onRendered: (environments: readonly Environment[], seconds: number) => void = () => {},
): Promise<number> {
  const { check = false, env, json = false, cache = command.memory === undefined } = command;
  const out = resolve(command.out ?? `${root}/manifests`);
  if (`${root}/`.startsWith(out.endsWith('/') ? out : `${out}/`)) {
    throw new Failure(
      `this repository is in ${out}: a render would treat its files as manifests`,
      'Name a separate folder by --out.',
    );
  }
  const started = performance.now();
  const kept = check || !cache ? undefined : new RenderCache(root, out, env);
  const made = (environments: readonly Environment[]) =>
    onRendered(environments, (performance.now() - started) / 1_000);
  const report = untouched(kept) ?? (await rendered(root, out, command, kept, print, made));
  if (report === undefined) return 1;
  const milliseconds = Math.round(performance.now() - started);
  const { changed, removed, foreign } = report.difference;
  const differs = changed.length + removed.length + foreign.length > 0;
  if (json) print(asJson(report, milliseconds));
  else {
    if (check && differs) print(differences(report, relative(process.cwd(), out), env));
    print(summary(report, check, milliseconds));
  }
  return check && differs ? 1 : 0;
}

function untouched(cache: RenderCache | undefined): Report | undefined {
  const last = cache?.untouched();
  if (last === undefined) return undefined;
  const { environments, files } = last;
  const difference = { changed: [], removed: [], foreign: [] };
  return { environments, files, difference };
}

/** Undefined if there were diagnostics; they are printed. */
async function rendered(
  root: string,
  out: string,
  command: RenderCommand,
  cache: RenderCache | undefined,
  print: (text: string) => void,
  onRendered: (environments: readonly Environment[]) => void,
): Promise<Report | undefined> {
  const { check = false, env, json = false } = command;
  // Loaded only when needed: these modules are large.
  const { render } = await import('./render.ts');
  const { withDiagnostics } = await import('./diagnostics-failure.ts');
  return withDiagnostics(json, print, async () => {
    const result = await render(root, { environment: env, out, write: !check, memory: command.memory });
    cache?.save(result);
    onRendered(result.environments);
    const { environments, files, difference } = result;
    return { environments: environments.map(({ name }) => name), files: files.size, difference };
  });
}

function asJson({ difference, ...report }: Report, milliseconds: number): string {
  return `${JSON.stringify({ ...report, ...difference, milliseconds, diagnostics: [] }, null, 2)}\n`;
}

function differences({ difference }: Report, out: string, env: string | undefined): string {
  const list = (paths: string[], why: string) => paths.map((path) => `  ${out}/${path}: ${why}\n`).join('');
  return (
    `${styleText('red', 'error:')} the manifests differ from the descriptions\n` +
    list(difference.changed, 'differs from the render') +
    list(difference.removed, 'is no longer rendered') +
    list(difference.foreign, 'was never rendered: move it into a chart, or remove it') +
    `  To write them: npm run render${env === undefined ? '' : ` -- --env ${env}`}\n`
  );
}

function summary({ environments, files, difference }: Report, check: boolean, milliseconds: number): string {
  const { changed, removed } = difference;
  const parts = [
    `${environments.length} ${environments.length === 1 ? 'environment' : 'environments'}`,
    `${files} files`,
    `${changed.length} ${check ? 'to change' : 'changed'}`,
    ...(removed.length === 0 ? [] : [`${removed.length} ${check ? 'to remove' : 'removed'}`]),
    `${milliseconds} ms`,
  ];
  return `${parts.join(', ')}\n`;
}
