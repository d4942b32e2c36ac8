import { npmCommand, runCommand } from './cli/command.ts';
import { writeSchemas } from './schemas/write-schemas.ts';

const program = npmCommand('schemas')
  .description(
    'Writes the JSON Schemas with which editors complete and check cluster.yaml and lock.yaml, and docs/reference, every field of cluster.yaml and app.ts.',
  )
  .option('--check', 'write nothing; exit code 1 where a file differs from the schemas')
  .action(({ check }: { check?: true }) => runCommand(() => writeSchemas({ check: check === true })));

await program.parseAsync();
