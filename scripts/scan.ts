import { npmCommand, runCommand } from './cli/command.ts';
import { table } from './cli/table.ts';
import { repositoryRoot } from './repository/read-cluster.ts';
import { acceptedFile, readAccepted } from './supply-chain/accepted.ts';
import { judge } from './supply-chain/judge.ts';
import { lockedPackages } from './supply-chain/packages.ts';
import { osvUrl, scan } from './supply-chain/vulnerabilities.ts';

const program = npmCommand('scan')
  .description(
    `Asks the database OSV for known vulnerabilities of all packages that lock files name: npm, Python, and the Go modules of programs that are built here. What is inside upstream's images is not looked at.`,
  )
  .option('--required', 'fail where the database cannot be reached, as CI should')
  .option('--json', 'write one JSON document')
  .addHelpText(
    'after',
    `
Another database with the same API: PLINTH_OSV_URL.

Exit code: 0 if nothing is found, or if nothing was scanned and --required is not given; 1 otherwise.`,
  )
  .parse();

await runCommand(async () => {
  const { required = false, json = false } = program.opts<{ required?: true; json?: true }>();
  const accepted = readAccepted(repositoryRoot);
  const packages = lockedPackages(repositoryRoot);
  const result = await scan(packages, process.env.PLINTH_OSV_URL || osvUrl);
  if ('notScanned' in result) {
    const text = `Not scanned, because ${result.notScanned}\n`;
    if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    else process.stdout.write(text);
    return required ? 1 : 0;
  }
  const judged = judge(result.found, accepted, new Date().toISOString().slice(0, 10));
  if (json) {
    process.stdout.write(`${JSON.stringify({ packages: packages.length, ...judged }, null, 2)}\n`);
    return judged.open.length > 0 ? 1 : 0;
  }
  const rows = judged.open.map(({ id, package: { name, version, file }, fixed, summary, expired }) => [
    ...[id, name, version, fixed.join(', ') || '-', file],
    `${expired === undefined ? '' : `accepted until ${expired}: `}${summary}`,
  ]);
  const lines = [
    ...(rows.length === 0 ? [] : table(['ID', 'PACKAGE', 'VERSION', 'FIXED IN', 'FILE', 'SUMMARY'], rows)),
    `${packages.length} packages: ${judged.open.length} open vulnerabilities, ${judged.accepted.length} accepted`,
    ...judged.needless.map(({ id }) => `${acceptedFile}: ${id} was not found any more: remove its line`),
    ...(rows.length === 0
      ? []
      : [
          `Update the package; or, if it does no harm here, write it into ${acceptedFile} with a date and the reason.`,
        ]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return judged.open.length > 0 ? 1 : 0;
});
