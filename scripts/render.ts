import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { runCommand } from './command.ts';
import { ProblemsFailure } from './render/problems-failure.ts';
import { type RenderResult, render } from './render/render.ts';

const root = resolve(import.meta.dirname, '..');

interface Options {
  check?: true;
  env?: string;
  json?: true;
  out?: string;
}

/** Exit codes as kubectl's: 0 done or nothing differs, 1 something differs or is wrong. */
async function main(options: Options): Promise<number> {
  const { check = false, env, json = false, out } = options;
  const started = performance.now();
  try {
    const result = await render(root, { environment: env, out: out && resolve(out), write: !check });
    const milliseconds = Math.round(performance.now() - started);
    print(result, {
      check,
      json,
      milliseconds,
      out: relative(process.cwd(), resolve(out ?? `${root}/manifests`)),
    });
    return check && Object.values(result.difference).some((paths) => paths.length > 0) ? 1 : 0;
  } catch (error) {
    if (!json || !(error instanceof ProblemsFailure)) throw error;
    process.stdout.write(`${JSON.stringify({ problems: error.problems }, null, 2)}\n`);
    return 1;
  }
}

function print(
  { environments, files, difference }: RenderResult,
  options: { check: boolean; json: boolean; milliseconds: number; out: string },
): void {
  const { check, json, milliseconds, out } = options;
  const { changed, removed, foreign } = difference;
  if (json) {
    const names = environments.map(({ name }) => name);
    const report = { environments: names, files: files.size, ...difference, milliseconds, problems: [] };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  const list = (paths: string[], why: string) => paths.map((path) => `  ${out}/${path}: ${why}\n`).join('');
  if (check && changed.length + removed.length + foreign.length > 0) {
    process.stdout.write(
      `${pc.red('error:')} the manifests are not what the descriptions say\n${list(changed, 'differs from the render')}` +
        `${list(removed, 'is no longer rendered')}${list(foreign, 'was never rendered: move it into a chart or remove it')}` +
        `  To write them: npm run render\n`,
    );
  }
  const written = check ? 'would change' : 'changed';
  const gone = removed.length === 0 ? '' : `, ${removed.length} ${check ? 'to remove' : 'removed'}`;
  process.stdout.write(
    `${environments.length} ${environments.length === 1 ? 'environment' : 'environments'}, ${files.size} files, ` +
      `${changed.length} ${written}${gone}, ${milliseconds} ms\n`,
  );
}

await runCommand(() =>
  main(
    new Command('render')
      .description('Writes the manifests of every environment out of clusters/, apps/ and operators/.')
      .option('--check', 'write nothing; fail when the manifests on the disk are not the render')
      .option('--env <name>', 'one environment only: a folder of clusters/')
      .option('--json', 'print the result, or the problems, as JSON')
      .option('--out <folder>', 'write there instead of manifests/')
      .parse()
      .opts<Options>(),
  ),
);
