import { runCommand } from './cli/command.ts';
import { lintWorkflows } from './lint-workflows/lint-workflows.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

/** Runs actionlint and zizmor on .github/workflows; both are installed if missing. */
await runCommand(async () => {
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  const { exitCode, output } = await lintWorkflows(repositoryRoot, report);
  process.stdout.write(output);
  return exitCode;
});
