import { Argument } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import type { LockAction } from './lock/action.ts';
import { compareWithUpstream } from './lock/lock.ts';

const program = npmCommand('lock')
  .description(
    "Compares the digests and checksums of images/lock.yaml with the present ones of upstream's registries and download hosts.",
  )
  .addArgument(
    new Argument(
      '<action>',
      'check shows the differences and changes nothing; update writes the values of upstream',
    ).choices(['check', 'update']),
  )
  .argument(
    '[names...]',
    'images, artifacts and programs; default: all images and artifacts, and the programs without a checksum, since each program has to be fetched',
  )
  .option('--json', 'print JSON')
  .action((action: LockAction, names: string[], options: { json?: true }) =>
    runCommand(() => compareWithUpstream(action, names, options)),
  );

await program.parseAsync();
