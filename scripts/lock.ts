import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Argument } from 'commander';
import { askUpstream, type Compared, compareLock } from '../images/lock/check.ts';
import { withValue } from '../images/lock/edit.ts';
import { type Lock, lockPath, parseLock } from '../model/schema/lock.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { table } from './cli/table.ts';

const program = npmCommand('lock')
  .description(
    "Compares the digests and checksums of images/lock.yaml with what upstream's registries and download hosts have now.",
  )
  .addArgument(
    new Argument(
      '<what>',
      'check tells what differs and changes nothing; update writes what upstream has',
    ).choices(['check', 'update']),
  )
  .argument(
    '[names...]',
    'images, artifacts and programs; default: all, of programs only those whose checksum is not known yet, as each has to be fetched',
  )
  .option('--json', 'as JSON instead')
  .action((what: 'check' | 'update', names: string[], { json }: { json?: true }) =>
    runCommand(async () => {
      const report = (line: string): void =>
        void process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
      const text = readFileSync(lockPath, 'utf8');
      const lock = read(text);
      const all = await asked(() => compareLock(lock, names, askUpstream(report)));
      const different = all.filter(({ locked, found }) => found === undefined || found !== locked);
      if (what === 'update') write(text, different);
      if (json === true) process.stdout.write(`${JSON.stringify(different, null, 2)}\n`);
      else print(what, all.length, different);
      const open = what === 'check' ? different : different.filter(({ found }) => found === undefined);
      return open.length === 0 ? 0 : 1;
    }),
  );

await program.parseAsync();

function read(text: string): Lock {
  try {
    return parseLock(text, lockPath);
  } catch (error) {
    throw new Failure(
      error instanceof Error ? error.message : String(error),
      'Correct that, then type the same command again.',
    );
  }
}

async function asked(compare: () => Promise<Compared[]>): Promise<Compared[]> {
  try {
    return await compare();
  } catch (error) {
    throw new Failure(
      error instanceof Error ? error.message : String(error),
      'To see what may be typed: npm run lock -- --help',
    );
  }
}

function write(text: string, different: readonly Compared[]): void {
  let changed = text;
  for (const { path, found } of different) {
    if (found !== undefined) changed = withValue(changed, path, found);
  }
  if (changed === text) return;
  read(changed);
  writeFileSync(`${lockPath}.new`, changed);
  renameSync(`${lockPath}.new`, lockPath);
}

function print(what: 'check' | 'update', asked: number, different: readonly Compared[]): void {
  if (different.length === 0) {
    process.stdout.write(`All ${asked} values are what upstream has.\n`);
    return;
  }
  const rows = different.map(({ path, from, locked, found, problem }) => [
    path.join('.'),
    locked ?? 'none',
    found ?? styleText('red', `? ${problem}`),
    from,
  ]);
  const header = what === 'check' ? ['VALUE', 'LOCKED', 'UPSTREAM', 'OF'] : ['VALUE', 'WAS', 'IS', 'OF'];
  for (const line of table(header, rows)) process.stdout.write(`${line}\n`);
  const found = different.filter((one) => one.found !== undefined);
  if (what === 'check') {
    process.stdout.write(
      `\n${different.length} of ${asked} differ or could not be compared. To write what upstream has: npm run lock -- update\n`,
    );
    return;
  }
  process.stdout.write(`\n${found.length} written. To render manifests with them: npm run render\n`);
  const first = found.filter(({ locked }) => locked === undefined);
  if (first.length > 0) {
    process.stdout.write(
      `${first.length} of them had no value before: what was found now is trusted from here on. Compare them with what upstream ` +
        'says of its release before you commit them.\n',
    );
  }
}
