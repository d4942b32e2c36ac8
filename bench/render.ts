import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { toYaml } from '../charts/kube/yaml.ts';
import { ensureProgram } from '../images/index.ts';
import { table } from '../scripts/cli/table.ts';
import { type Measured, measure, median } from './measure.ts';
import { writeHelmChart, writeKustomization } from './render/inputs.ts';

const usage = `Renders the same workloads with this repository's charts, cdk8s, Helm and Kustomize, in turn, and prints medians of time,
CPU time and memory, and the ratio to the first one. Inputs and outputs are in memory if the machine has /dev/shm, because
some write a file per workload and some one for all, and disks differ.

  npm run bench -- [--sizes 100,1000,3000] [--runs 3] [--limit SECONDS] [--without kustomize,helm] [--json]

  --without  programs that are not built and not compared
  --limit    a process that takes longer is killed, and is not run with more workloads (default 120)`;

const memory = '/dev/shm';

/** Number of workloads for the check before the measurement that all candidates render the same objects. */
const compared = 20;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,1000,3000' },
    runs: { type: 'string', default: '3' },
    limit: { type: 'string', default: '120' },
    without: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await main();

/** A candidate: its command, and its output folder. */
interface Contender {
  name: string;
  command: (count: number, output: string) => string[];
  /** Whether it writes to standard output instead of a folder. */
  prints?: boolean;
}

interface Row {
  what: string;
  count: number;
  /** Undefined if it exceeded the time limit. */
  runs: Measured[] | undefined;
}

async function main(): Promise<void> {
  const sizes = values.sizes.split(',').map(Number);
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'plinth-bench-'));
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  try {
    const programs = ['helm', 'kustomize'].filter((name) => !values.without.split(',').includes(name));
    say(`having ${programs.join(' and ') || 'no other programs'}`);
    const binaries = new Map<string, string>();
    for (const name of programs) binaries.set(name, await ensureProgram(name, say));
    for (const size of [compared, ...sizes]) {
      writeHelmChart(join(folder, `helm-${size}`), size);
      writeKustomization(join(folder, `kustomize-${size}`), size);
    }
    const script = (name: string) => [process.execPath, join(import.meta.dirname, 'render', name)];
    const contenders: Contender[] = [
      { name: 'plinth', command: (n, out) => [...script('ours.ts'), String(n), out] },
      {
        name: 'cdk8s, a chart for each',
        command: (n, out) => [...script('cdk8s-app.ts'), 'many', String(n), out],
      },
      { name: 'cdk8s, one chart', command: (n, out) => [...script('cdk8s-app.ts'), 'one', String(n), out] },
      {
        name: 'helm template',
        command: (n) => [binaries.get('helm') ?? '', 'template', 'bench', join(folder, `helm-${n}`)],
        prints: true,
      },
      {
        name: 'kustomize build',
        command: (n) => [binaries.get('kustomize') ?? '', 'build', join(folder, `kustomize-${n}`)],
        prints: true,
      },
    ];
    for (const name of values.without.split(',')) {
      const left = contenders.findIndex((contender) => contender.name.startsWith(name) && name !== '');
      if (left > 0) contenders.splice(left, 1);
    }
    say(`comparing the objects of ${compared} workloads`);
    await compare(contenders, folder);
    const rows: Row[] = [];
    for (const size of sizes) {
      say(`${size} workloads`);
      rows.push(...(await race(contenders, size, folder, rows)));
    }
    if (values.json) console.log(JSON.stringify({ rows }, null, 2));
    else print(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Checks that all candidates render the same objects. */
async function compare(contenders: Contender[], folder: string): Promise<void> {
  let first: { name: string; objects: string[] } | undefined;
  for (const { name, command, prints = false } of contenders) {
    const output = join(folder, 'same');
    const measured = await measure(command(compared, output), prints ? { output } : {});
    if (measured === undefined) throw new Error(`${name} took too long for ${compared} workloads`);
    const objects = objectsIn(output);
    rmSync(output, { recursive: true });
    first ??= { name, objects };
    const strange = objects.find((object, i) => object !== first?.objects[i]);
    if (objects.length !== compared * 5 || strange !== undefined) {
      throw new Error(`${name} renders other objects than ${first.name}: ${objects.length}, ${strange}`);
    }
  }
}

/** All objects in a file or folder as normalised text, sorted. */
function objectsIn(path: string): string[] {
  const files = statSync(path).isDirectory() ? readdirSync(path).map((file) => join(path, file)) : [path];
  return files
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document): unknown => document.toJS())
    .filter((object) => object !== null)
    .map(toYaml)
    .sort();
}

/** Measures the candidates in turn, for the given number of rounds, so that other load affects all of them. */
async function race(contenders: Contender[], count: number, folder: string, before: Row[]): Promise<Row[]> {
  const rows = contenders.map(({ name }): Row => {
    const gaveUp = before.some(({ what, runs }) => what === name && runs === undefined);
    return { what: name, count, runs: gaveUp ? undefined : [] };
  });
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [i, { command, prints = false }] of contenders.entries()) {
      const row = rows[i];
      if (row?.runs === undefined) continue;
      const output = join(folder, 'out');
      const measured = await measure(command(count, output), {
        limit: Number(values.limit),
        ...(prints ? { output } : {}),
      });
      rmSync(output, { recursive: true, force: true });
      if (measured === undefined) row.runs = undefined;
      else row.runs.push(measured);
    }
  }
  return rows;
}

function print(rows: Row[]): void {
  const ours = (count: number) => rows.find((row) => row.count === count)?.runs ?? [];
  const lines = rows.map(({ what, count, runs }) => {
    if (runs === undefined) return [String(count), what, `more than ${values.limit} s`];
    const of = (part: keyof Measured, among = runs) => median(among.map((each) => each[part]));
    const ratio = (part: keyof Measured) => `${(of(part) / of(part, ours(count))).toFixed(1)} ×`;
    const memory = `${(of('peak') / 2 ** 20).toFixed(0)} MiB`;
    return [
      String(count),
      what,
      `${of('seconds').toFixed(2)} s`,
      ratio('seconds'),
      `${of('cpuSeconds').toFixed(2)} s`,
      ratio('cpuSeconds'),
      memory,
    ];
  });
  const head = ['workloads', 'by', 'time', '', 'CPU time', '', 'memory'];
  console.log(table(head, lines).join('\n'));
}
