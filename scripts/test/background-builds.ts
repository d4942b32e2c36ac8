import { execa } from 'execa';
import { readEntry } from '../../images/cache/index.ts';
import { recipeOf } from '../../images/go/index.ts';
import { type Lock, neededBinaries } from '../../images/lock/index.ts';
import { findSupply } from '../../images/supply/index.ts';
import { inPath } from '../doctor/machine.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';

/** Programs that tests start themselves, in the order in which the steps need them. */
const programsOfTests = [
  'registry',
  'registry-door',
  'actionlint',
  'helm',
  'kratos',
  'mailpit',
  'cosign',
  'pulumi',
  'versitygw',
] as const;

/** Programs that have to be built on this machine: the cache lacks them, and no registry answers. */
export interface MissingPrograms {
  /** Started by tests themselves. */
  tests: string[];
  /** Parts of a cluster. */
  cluster: string[];
}

/** The programs that this machine lacks and has to build; none without Go. */
export async function missingPrograms(lock: Lock): Promise<MissingPrograms> {
  if (!inPath('go') || (await findSupply()).mode !== 'build') return { tests: [], cluster: [] };
  const lacks = (program: string) => readEntry(recipeOf(lock, program)) === undefined;
  return {
    tests: programsOfTests.filter((program) => lacks(program) && !(program === 'pulumi' && inPath(program))),
    cluster: neededBinaries(lock).filter(lacks),
  };
}

/** The arguments of Node that build programs into the cache. */
export function buildArguments(programs: readonly string[]): string[] {
  return ['images/go/build-cli.ts', ...programs];
}

/**
 * Starts to build programs with the lowest priority beside the steps, of which many use one core. A step that needs a program waits for its
 * build, begins it if nobody has, and reports its faults. Returns a function that ends the builds; what is compiled is kept.
 */
export function startBuilds({ tests, cluster }: MissingPrograms): () => void {
  const programs = [...tests, ...cluster];
  if (programs.length === 0) return () => {};
  const child = execa('nice', ['-n', '19', process.execPath, ...buildArguments(programs)], {
    cwd: repositoryRoot,
    stdio: 'ignore',
    reject: false,
  });
  return () => child.kill('SIGTERM');
}
