import { npmCommand, runCommand } from './cli/command.ts';
import { generateContracts } from './generate/contracts.ts';

const program = npmCommand('generate')
  .description('Generates the types of handlers and clients from the .proto files, and lints these.')
  .option('--check', 'write nothing; exit code 1 if the committed types differ from the contracts')
  .action(async ({ check }: { check?: boolean }) => {
    await runCommand(() => generateContracts({ check: check === true }));
  });

await program.parseAsync();
