import { npmCommand, runCommand } from './cli/command.ts';
import { printDisk } from './supply/disk.ts';
import { listSupply } from './supply/list.ts';
import { supplyImages } from './supply/supply.ts';

const program = npmCommand('supply')
  .description('Brings the images and artifacts of images/lock.yaml into the mirror.')
  .argument('[names...]', 'images and artifacts; default: all')
  .option('--list', 'print how each was had, without changing anything')
  .option('--verify', 'compare the checksums of what is in the mirror first')
  .option('--disk', 'print the size of the cache on the disk, without changing anything')
  .option('--json', 'print JSON')
  .action((names: string[], options: { list?: true; verify?: true; disk?: true; json?: true }) =>
    runCommand(async () => {
      if (options.disk) return printDisk(options);
      if (options.list) return listSupply(names, options);
      return supplyImages(names, options);
    }),
  );

await program.parseAsync();
