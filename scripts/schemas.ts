import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemas } from '../model/schema/json-schemas.ts';
import { npmCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

npmCommand('schemas')
  .description('Writes the JSON Schemas by which editors complete and check cluster.yaml and lock.yaml.')
  .parse();

for (const [file, text] of jsonSchemas()) {
  writeFileSync(join(repositoryRoot, file), text);
  process.stdout.write(`${file}\n`);
}
