import { readImageNote } from '../../images/cache/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { mebibytes } from './mebibytes.ts';

interface Item {
  name: string;
  ref: string;
  had: 'built' | 'pulled' | 'missing';
  /** Duration of the build or pull. */
  seconds: number;
  /** Bytes. */
  size: number;
  digest: string;
}

/** Prints how each image and artifact was had on this machine, without changing anything; returns the exit code. */
export function listSupply(names: readonly string[], { json }: { json?: true }): number {
  const { images, artifacts } = loadLock();
  const items = Object.entries({ ...images, ...artifacts })
    .filter(([name]) => names.length === 0 || names.includes(name))
    .map(([name, { ref }]) => item(name, ref));
  const text = json === true ? JSON.stringify(items, null, 2) : items.map(itemLine).join('\n');
  process.stdout.write(`${text}\n`);
  return 0;
}

function item(name: string, ref: string): Item {
  const note = readImageNote(name);
  if (note === undefined) return { name, ref, had: 'missing', seconds: 0, size: 0, digest: '' };
  return { name, ref, had: note.source, seconds: note.seconds, size: note.size, digest: note.digest };
}

function itemLine({ name, ref, had, seconds, size }: Item): string {
  return `${name.padEnd(26)} ${had.padEnd(8)} ${`${seconds} s`.padStart(8)} ${mebibytes(size)}  ${ref}`;
}
