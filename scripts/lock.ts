import { Argument } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import type { LockAction } from './lock/action.ts';
import { compareWithUpstream } from './lock/lock.ts';

const program = npmCommand('lock')
  .description(
    "Compares the digests and checksums of images/lock.yaml with those of upstream's registries and download hosts.",
  )
  .addArgument(
    new Argument(
      '<action>',
      "check: print differences, change nothing; update: write upstream's values",
    ).choices(['check', 'update']),
  )
  .argument(
    '[names...]',
    'images, artifacts and programs; default: all images and artifacts, and programs without a checksum, because each program must be downloaded',
  )
  .option('--json', 'print JSON')
  .action((action: LockAction, names: string[], options: { json?: true }) =>
    runCommand(() => compareWithUpstream(action, names, options)),
  );

await program.parseAsync();
