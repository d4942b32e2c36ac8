import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jsonSchemas } from '../../model/schema/json-schemas.ts';
import { Failure } from '../cli/failure.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { references } from './reference.ts';

/** Files that are generated from the schemas: from their path to their text. */
export async function generatedFiles(root: string): Promise<Map<string, string>> {
  return new Map([...jsonSchemas(), ...(await references(root))]);
}

/**
 * Writes the JSON Schemas and the reference, and returns the exit code.
 * @throws Failure where `check` is set and a file differs from the schemas.
 */
export async function writeSchemas({ check }: { check: boolean }): Promise<number> {
  const files = [...(await generatedFiles(repositoryRoot))];
  const different = files.filter(([file, text]) => {
    const path = join(repositoryRoot, file);
    return !existsSync(path) || readFileSync(path, 'utf8') !== text;
  });
  if (check && different.length > 0) {
    throw new Failure(
      `differs from the schemas: ${different.map(([file]) => file).join(', ')}.`,
      'To write it: npm run schemas',
    );
  }
  for (const [file, text] of different) {
    mkdirSync(dirname(join(repositoryRoot, file)), { recursive: true });
    writeFileSync(join(repositoryRoot, file), text);
    process.stdout.write(`${file}\n`);
  }
  return 0;
}
