import { npmCommand, runCommand } from './cli/command.ts';
import { table } from './cli/table.ts';
import { lintRenovate } from './lint-renovate/lint-renovate.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

npmCommand('lint:renovate')
  .description(
    'Lets Renovate validate renovate.json and find the dependencies of this repository, without looking up new ones. It is installed if missing.',
  )
  .addHelpText('after', '\nExit code: 0 if Renovate accepts the configuration, 1 otherwise.')
  .parse();

await runCommand(async () => {
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  const { problems, files } = await lintRenovate(repositoryRoot, report);
  const rows = Object.entries(files).map(([manager, found]) => [
    manager,
    String(new Set(found.map(({ packageFile }) => packageFile)).size),
    String(found.reduce((sum, { deps }) => sum + deps.length, 0)),
  ]);
  const lines = [...table(['MANAGER', 'FILES', 'DEPENDENCIES'], rows), ...problems];
  process.stdout.write(`${lines.join('\n')}\n`);
  return problems.length > 0 ? 1 : 0;
});
