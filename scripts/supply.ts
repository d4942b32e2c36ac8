import { npmCommand, runCommand } from './cli/command.ts';
import { printDisk } from './supply/disk.ts';
import { listSupply } from './supply/list-supply.ts';
import { supplyImages } from './supply/supply-images.ts';

const program = npmCommand('supply')
  .description('Supplies images and artifacts of images/lock.yaml to the mirror.')
  .argument('[names...]', 'images and artifacts; default: all')
  .option('--list', 'print how each was supplied, and change nothing')
  .option('--verify', 'first compare the checksums of images in the mirror')
  .option('--disk', 'print the disk space of the cache, and change nothing')
  .option('--json', 'print JSON')
  .action((names: string[], options: { list?: true; verify?: true; disk?: true; json?: true }) =>
    runCommand(async () => {
      if (options.disk) return printDisk(options);
      if (options.list) return listSupply(names, options);
      return supplyImages(names, options);
    }),
  );

await program.parseAsync();
