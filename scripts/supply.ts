import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readImageNote } from '../images/cache/image-note.ts';
import { cacheDir } from '../images/cache/paths.ts';
import { ensureEngine } from '../images/engine/ensure-engine.ts';
import { useProxies } from '../images/fetch/proxy.ts';
import { sizeOf } from '../images/go/caches.ts';
import { verifyMirrored } from '../images/mirror/ensure-image.ts';
import { ensureRegistry } from '../images/mirror/server.ts';
import { nodeImageName } from '../images/node-image/node-image.ts';
import { supply, supplyNames } from '../images/supply.ts';
import { loadLock } from '../model/schema/lock.ts';

const usage = `Brings the images and artifacts of images/lock.yaml into the mirror registry.

  npm run supply -- [NAME ...]   these, or all
    --list      how each was had, without doing anything
    --verify    read what is there and compare its checksums first
    --disk      what the cache takes on the disk
    --json      for programs`;

await main(process.argv.slice(2));

async function main(args: string[]): Promise<void> {
  const boolean = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { list: boolean, verify: boolean, disk: boolean, json: boolean, help: boolean },
    });
    useProxies();
    if (values.help) print(usage);
    else if (values.disk) show(values.json, disk(), ({ what, size }) => `${megabytes(size)}  ${what}`);
    else if (values.list) show(values.json, list(positionals), line);
    else await bring(positionals, values);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function bring(names: string[], options: { verify: boolean; json: boolean }): Promise<void> {
  const report = (text: string): void => void process.stderr.write(`${text}\n`);
  const wanted = names.length === 0 ? supplyNames() : names;
  const engine = await ensureEngine(report);
  await ensureRegistry(engine, report);
  if (options.verify) {
    const { images, artifacts } = loadLock();
    for (const name of wanted.filter((candidate) => candidate !== nodeImageName)) {
      const ref = (images[name] ?? artifacts[name])?.ref;
      if (ref !== undefined) for (const fault of await verifyMirrored(ref)) report(fault);
    }
  }
  await supply(wanted, { engine, report });
  show(options.json, list(names), line);
}

interface Item {
  name: string;
  ref: string;
  had: 'built' | 'pulled' | 'missing';
  seconds: number;
  size: number;
  digest: string;
}

function list(names: string[]): Item[] {
  const { images, artifacts } = loadLock();
  const all = { ...images, ...artifacts };
  return Object.entries(all)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .map(([name, { ref }]) => {
      const note = readImageNote(name);
      if (note === undefined) return { name, ref, had: 'missing', seconds: 0, size: 0, digest: '' };
      return { name, ref, had: note.source, seconds: note.seconds, size: note.size, digest: note.digest };
    });
}

function line({ name, ref, had, seconds, size }: Item): string {
  return `${name.padEnd(26)} ${had.padEnd(8)} ${`${seconds} s`.padStart(8)} ${megabytes(size)}  ${ref}`;
}

function disk(): { what: string; size: number }[] {
  const folders = existsSync(cacheDir()) ? readdirSync(cacheDir()).sort() : [];
  const each = folders.map((what) => ({ what, size: sizeOf(join(cacheDir(), what)) }));
  return [...each, { what: 'all', size: each.reduce((sum, { size }) => sum + size, 0) }];
}

function show<T>(json: boolean, items: T[], text: (item: T) => string): void {
  print(json ? JSON.stringify(items, null, 2) : items.map(text).join('\n'));
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1).padStart(8)} MiB`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
