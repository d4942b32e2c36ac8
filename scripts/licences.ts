import { npmCommand, runCommand } from './cli/command.ts';
import { table } from './cli/table.ts';
import { repositoryRoot } from './repository/read-cluster.ts';
import { acceptedFile, readAccepted } from './supply-chain/accepted.ts';
import { unacceptedLicences } from './supply-chain/licences.ts';
import { lockedPackages } from './supply-chain/packages.ts';

npmCommand('licences')
  .description(
    `Compares the licences of all packages of package-lock.json with those in ${acceptedFile}. Lock files of Python and Go name none.`,
  )
  .addHelpText('after', '\nExit code: 0 if all are accepted, 1 otherwise.')
  .parse();

await runCommand(async () => {
  const packages = lockedPackages(repositoryRoot).filter(({ ecosystem }) => ecosystem === 'npm');
  const found = unacceptedLicences(packages, readAccepted(repositoryRoot));
  if (found.length === 0) {
    process.stdout.write(
      `The licences of all ${packages.length} packages of package-lock.json are accepted.\n`,
    );
    return 0;
  }
  const rows = found.map(({ package: { name, version }, why }) => [name, version, why]);
  process.stdout.write(
    `${table(['PACKAGE', 'VERSION', 'LICENCE'], rows).join('\n')}\n\nTake another package; or, if you accept it, write it into ${acceptedFile} with the reason.\n`,
  );
  return 1;
});
