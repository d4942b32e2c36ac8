import { styleText } from 'node:util';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { table } from './cli/table.ts';
import { monthlyCost, total } from './cost/monthly-cost.ts';
import { loadPrices } from './cost/prices.ts';
import { environments, readCluster } from './repository/read-cluster.ts';

const program = npmCommand('cost')
  .description('Prints the monthly cost of each environment without traffic, from scripts/cost/prices.yaml.')
  .argument('[environments...]', 'folders of clusters/; default: all')
  .option('--json', 'print JSON')
  .action((names: string[], { json }: { json?: true }) =>
    runCommand(async () => {
      const prices = loadPrices();
      const found = (names.length > 0 ? names : environments()).map((name) => {
        const cluster = readCluster(name);
        const lines = costOf(() => monthlyCost(cluster, prices));
        return { environment: name, provider: cluster.provider.kind, dollars: round(total(lines)), lines };
      });
      if (json === true) {
        process.stdout.write(
          `${JSON.stringify({ asOf: prices.asOf, source: prices.source, environments: found }, null, 2)}\n`,
        );
        return 0;
      }
      for (const { environment, provider, dollars, lines } of found) {
        const paid =
          lines.length === 0 ? 'nothing is charged by the hour here' : `$ ${dollars.toFixed(2)} a month`;
        process.stdout.write(`${styleText('bold', environment)} (${provider}): ${paid}\n`);
        const rows = lines.map(({ what, count, dollars: each }) => [what, String(count), each.toFixed(2)]);
        for (const line of rows.length === 0
          ? []
          : table(['  WHAT', 'COUNT', '$ A MONTH'], rows.map(indent))) {
          process.stdout.write(`${line}\n`);
        }
      }
      process.stdout.write(
        `\nPrices of ${prices.asOf}, scripts/cost/prices.yaml. Traffic, requests and stored data are charged in addition.\n`,
      );
      return 0;
    }),
  );

await program.parseAsync();

function costOf<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Failure((error as Error).message, 'Then type the same command again.', { cause: error });
  }
}

function indent([first = '', ...more]: string[]): string[] {
  return [`  ${first}`, ...more];
}

function round(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
