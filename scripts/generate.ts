import { npmCommand, runCommand } from './cli/command.ts';
import { generateContracts } from './generate/contracts.ts';

const program = npmCommand('generate')
  .description(
    "Makes the types of the services' handlers and clients from their .proto files, and lints these.",
  )
  .option('--check', 'write nothing; exit code 1 where the committed types are not those of the contracts')
  .action(async ({ check }: { check?: boolean }) => {
    await runCommand(() => generateContracts({ check: check === true }));
  });

await program.parseAsync();
