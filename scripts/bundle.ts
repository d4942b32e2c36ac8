import { styleText } from 'node:util';
import { loadBundle } from './bundle/load.ts';
import { saveBundle } from './bundle/save.ts';
import { environmentNamed } from './certs/authority-named.ts';
import { npmCommand, runCommand } from './cli/command.ts';

const program = npmCommand('bundle').description(
  'Everything that an environment needs in one file, for a machine without a network: images by digest, charts, custom resource definitions, programs, the image of the nodes.',
);

const report = (line: string): void =>
  void process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);

program
  .command('save')
  .description('supply what is missing here, and write all of it to a file')
  .argument('<environment>', 'a folder of clusters/')
  .argument('<file>')
  .addHelpText('after', '\nType it again after an interruption: it goes on.')
  .action((name: string, file: string) =>
    runCommand(async () => saveBundle(await environmentNamed(name), file, { report })),
  );

program
  .command('load')
  .description(
    'take a file into the cache, the mirror and the engine of this machine, each part verified by its checksum',
  )
  .argument('<file>')
  .addHelpText('after', '\nType it again after an interruption: it goes on.')
  .action((file: string) => runCommand(() => loadBundle(file, { report })));

await program.parseAsync();
