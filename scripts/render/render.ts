import { join } from 'node:path';
import { compareDiagnostics, type Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { nearest } from '../../model/diagnostics/nearest.ts';
import type { Environment } from '../../model/graph.ts';
import { type GraphInputs, loadGraph } from '../../model/load-graph.ts';
import { placeInFile } from '../../model/reading/place-in-file.ts';
import { Failure } from '../cli/failure.ts';
import { onDisk, readingDisk } from '../files/disk-failure.ts';
import { type ChartObjects, chartObjects } from '../helm/chart-objects.ts';
import { checkData } from './check-data.ts';
import {
  type CheckedEnvironment,
  findingDiagnostics,
  needlessExceptions,
  shortageDiagnostics,
} from './check-diagnostics.ts';
import { committedData, dataIn } from './data.ts';
import { DiagnosticsFailure } from './diagnostics-failure.ts';
import { type Difference, findDifference } from './difference.ts';
import { environmentManifests } from './manifests.ts';
import { Memory } from './memory.ts';
import { writeDifference } from './write-difference.ts';

/** Result of rendering a repository. */
export interface Rendered {
  /** The rendered environments. */
  environments: Environment[];
  /** Map from `manifests/ENV/COMPONENT/KIND-NAME.yaml` to the file's text. */
  files: Map<string, string>;
  /** Objects of Helm charts by environment; they are not in files. */
  charts: ReadonlyMap<string, ChartObjects>;
  /** Further inputs, in addition to the folders of descriptions. */
  inputs: GraphInputs;
}

/**
 * Renders the repository at `root`, all environments or the given one, without writing files.
 * @throws DiagnosticsFailure with all diagnostics of the descriptions.
 */
export async function renderAll(
  root: string,
  environment?: string,
  memory = new Memory(),
): Promise<Rendered> {
  const graph = await readingDisk(root, () => loadGraph(root, memory.sources));
  if (graph.diagnostics.length > 0) throw new DiagnosticsFailure(graph.diagnostics);
  const environments = graph.environments.filter(
    ({ name }) => environment === undefined || name === environment,
  );
  if (environment !== undefined && environments.length === 0) {
    const names = graph.environments.map(({ name }) => name);
    const near = nearest(environment, names);
    throw new Failure(
      `there is no environment '${environment}': clusters/${environment}/cluster.yaml does not exist`,
      near === undefined ? `Use one of: ${names.join(', ')}` : `Did you mean --env ${near}?`,
    );
  }
  const files = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const checked: CheckedEnvironment[] = [];
  const charts = new Map<string, ChartObjects>();
  for (const env of environments) {
    const templated = await chartObjects(root, env, progress);
    charts.set(env.name, templated.charts);
    diagnostics.push(...templated.diagnostics);
    // Without a chart, neither it nor its dependants can be checked.
    if (templated.diagnostics.length > 0) continue;
    const manifests = environmentManifests(env, memory, templated.charts);
    // A diagnostic of a whole component is reported at its name.
    diagnostics.push(
      ...manifests.diagnostics.map((diagnostic) => ({
        ...diagnostic,
        ...placeInFile(root, diagnostic.file, ['name']),
      })),
    );
    checked.push(manifests.checked);
    for (const [path, content] of manifests.files) files.set(path, content);
  }
  diagnostics.push(...findingDiagnostics(root, checked), ...shortageDiagnostics(root, checked));
  if (environment === undefined && checked.length === environments.length)
    diagnostics.push(...needlessExceptions(root, checked));
  if (diagnostics.length > 0) throw new DiagnosticsFailure(once(diagnostics).sort(compareDiagnostics));
  return { environments, files, charts, inputs: graph.inputs };
}

/** Progress of slow downloads and builds for charts, on standard error; results go to standard output. */
function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A chart that cannot be fetched is one diagnostic, in any number of environments. */
function once(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic])).values()];
}

/** Options of a render to the disk. */
export interface RenderOptions {
  /** A folder of `clusters/`. Default: all of them. */
  environment?: string | undefined;
  /** Folder with one folder per environment. Default: `manifests` below the root. */
  out?: string | undefined;
  /** `false`: only compares. Default: true. */
  write?: boolean | undefined;
  /** Results of earlier renders, which this one extends. Default: none. */
  memory?: Memory | undefined;
}

/** A render and the differences of the files on the disk before it was written. */
export interface RenderResult extends Rendered {
  /** Paths below the manifests folder. */
  difference: Difference;
}

/** Renders, compares with the disk and writes the differences. */
export async function render(root: string, options: RenderOptions = {}): Promise<RenderResult> {
  const { environment, out = join(root, 'manifests'), write = true, memory = new Memory() } = options;
  const committed = committedData(root);
  const rendered = await renderAll(root, environment, memory);
  const there = onDisk(out, () => rendered.environments.flatMap(({ name }) => dataIn(out, name)));
  const before = [...(await committed), ...there];
  const lost = checkData(root, rendered.environments, before, rendered.files);
  if (lost.length > 0) throw new DiagnosticsFailure(lost.sort(compareDiagnostics));
  const below = new Map([...rendered.files].map(([path, text]) => [path.slice('manifests/'.length), text]));
  const difference = onDisk(out, () => findDifference(out, below, environment));
  const [foreign] = difference.foreign;
  if (write && foreign !== undefined) {
    const [named, more] = [difference.foreign.slice(0, 5), difference.foreign.length - 5];
    throw new Failure(
      `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''} in ${out}: Flux would apply it, but no render wrote it`,
      out === join(root, 'manifests')
        ? `Move it into a chart, or remove it: rm ${join(out, foreign)}`
        : 'Name a folder with nothing else in it by --out.',
    );
  }
  if (write) onDisk(out, () => writeDifference(out, below, difference));
  return { ...rendered, difference };
}
