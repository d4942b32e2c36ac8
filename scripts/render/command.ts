import { relative, resolve } from 'node:path';
import pc from 'picocolors';
import { ProblemsFailure } from './problems-failure.ts';
import { type RenderResult, render } from './render.ts';

/** As typed after `npm run render --`. */
export interface RenderCommand {
  check?: boolean;
  env?: string;
  json?: boolean;
  out?: string;
}

/**
 * Renders and says what came of it. Exit codes as kubectl's: 0 for done or nothing differs, 1 for something differs or
 * is wrong.
 */
export async function renderCommand(
  root: string,
  command: RenderCommand,
  print: (text: string) => void,
): Promise<number> {
  const { check = false, env, json = false } = command;
  const out = resolve(command.out ?? `${root}/manifests`);
  const started = performance.now();
  try {
    const result = await render(root, { environment: env, out, write: !check });
    const milliseconds = Math.round(performance.now() - started);
    const { changed, removed, foreign } = result.difference;
    const differs = changed.length + removed.length + foreign.length > 0;
    if (json) print(asJson(result, milliseconds));
    else {
      if (check && differs) print(differences(result, relative(process.cwd(), out), env));
      print(summary(result, check, milliseconds));
    }
    return check && differs ? 1 : 0;
  } catch (error) {
    if (!json || !(error instanceof ProblemsFailure)) throw error;
    print(`${JSON.stringify({ problems: error.problems }, null, 2)}\n`);
    return 1;
  }
}

function asJson({ environments, files, difference }: RenderResult, milliseconds: number): string {
  const names = environments.map(({ name }) => name);
  const report = { environments: names, files: files.size, ...difference, milliseconds, problems: [] };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function differences({ difference }: RenderResult, out: string, env: string | undefined): string {
  const list = (paths: string[], why: string) => paths.map((path) => `  ${out}/${path}: ${why}\n`).join('');
  return (
    `${pc.red('error:')} the manifests are not what the descriptions say\n` +
    list(difference.changed, 'differs from the render') +
    list(difference.removed, 'is no longer rendered') +
    list(difference.foreign, 'was never rendered: move it into a chart, or remove it') +
    `  To write them: npm run render${env === undefined ? '' : ` -- --env ${env}`}\n`
  );
}

function summary(
  { environments, files, difference }: RenderResult,
  check: boolean,
  milliseconds: number,
): string {
  const { changed, removed } = difference;
  const parts = [
    `${environments.length} ${environments.length === 1 ? 'environment' : 'environments'}`,
    `${files.size} files`,
    `${changed.length} ${check ? 'to change' : 'changed'}`,
    ...(removed.length === 0 ? [] : [`${removed.length} ${check ? 'to remove' : 'removed'}`]),
    `${milliseconds} ms`,
  ];
  return `${parts.join(', ')}\n`;
}
