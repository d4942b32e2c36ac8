import { npmCommand, runCommand } from './cli/command.ts';
import { renderAll } from './render/render.ts';
import { repositoryRoot } from './repository/read-cluster.ts';
import { billOf } from './supply-chain/bill.ts';
import { lockedPackages } from './supply-chain/packages.ts';

const program = npmCommand('sbom')
  .description(
    'Prints the bill of materials of an environment (CycloneDX 1.6, JSON): the images of its manifests by digest, and the packages of all lock files. What is inside images it does not know.',
  )
  .argument('<environment>', 'a folder of clusters/')
  .addHelpText('after', '\nExample:\n  npm run -s sbom -- prod > sbom.json')
  .parse();

await runCommand(async () => {
  const environment = program.args[0] ?? '';
  const { files } = await renderAll(repositoryRoot, environment);
  const bill = billOf(environment, { files, packages: lockedPackages(repositoryRoot) });
  process.stdout.write(`${JSON.stringify(bill, null, 2)}\n`);
  return 0;
});
