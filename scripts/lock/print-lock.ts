import { styleText } from 'node:util';
import type { Compared } from '../../images/lock/update.ts';
import { table } from '../cli/table.ts';
import type { LockAction } from './action.ts';

/** Prints the values that differ, out of the `compared` ones, and the command to type next. */
export function printLock(action: LockAction, compared: number, different: readonly Compared[]): void {
  const lines =
    different.length === 0
      ? [`All ${compared} values are upstream's.`]
      : [
          ...rows(action, different),
          '',
          ...(action === 'check' ? checked(compared, different) : updated(different)),
        ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function rows(action: LockAction, different: readonly Compared[]): string[] {
  const header =
    action === 'check' ? ['VALUE', 'LOCKED', 'UPSTREAM', 'SOURCE'] : ['VALUE', 'OLD', 'NEW', 'SOURCE'];
  return table(
    header,
    different.map(({ path, from, locked, found, problem }) => [
      path.join('.'),
      locked ?? 'none',
      found ?? styleText('red', `? ${problem}`),
      from,
    ]),
  );
}

function checked(compared: number, different: readonly Compared[]): string[] {
  return [
    `${different.length} of ${compared} differ or could not be compared. To write upstream's values: npm run lock -- update`,
  ];
}

function updated(different: readonly Compared[]): string[] {
  const written = different.filter(({ found }) => found !== undefined);
  const first = written.filter(({ locked }) => locked === undefined);
  return [
    `${written.length} written. To render the manifests with them: npm run render`,
    ...(first.length === 0
      ? []
      : [
          `${first.length} of them had no value before: the value found now is trusted from here on. Compare them with the ` +
            "checksums of upstream's release notes before you commit them.",
        ]),
  ];
}
