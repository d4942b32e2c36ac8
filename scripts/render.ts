import { resolve } from 'node:path';
import { Command } from 'commander';
import { runCommand } from './command.ts';
import { type RenderCommand, renderCommand } from './render/command.ts';

const program = new Command('render')
  .description('Writes the manifests of every environment out of clusters/, apps/ and operators/.')
  .option('--check', 'write nothing; fail when the manifests on the disk are not the render')
  .option('--env <name>', 'one environment only: a folder of clusters/')
  .option('--json', 'print the result, or the problems, as JSON')
  .option('--out <folder>', 'write there instead of manifests/')
  .option('--no-cache', 'make everything anew; what depends on no change is taken from the cache otherwise')
  .parse();

const root = resolve(import.meta.dirname, '..');
await runCommand(() =>
  renderCommand(root, program.opts<RenderCommand>(), (text) => process.stdout.write(text)),
);
