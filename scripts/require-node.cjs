// Loaded before every command, by whichever Node is first in PATH: any since version 16 understands it.
// It says in one sentence what is missing, where Node itself would say ERR_UNKNOWN_FILE_EXTENSION.
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const needed = 24;

function missing() {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) {
    return ['the packages are not installed', 'npm ci'];
  }
  if (Number(process.versions.node.split('.')[0]) >= needed) return undefined;
  const runsOn = `this takes Node ${needed} and runs on ${process.versions.node}`;
  if (!existsSync(join(root, 'node_modules', 'node', 'bin', 'node'))) {
    return [
      `${runsOn}, since npm did not run the install script of the package 'node', which brings it`,
      'npm rebuild node --ignore-scripts=false',
    ];
  }
  return [`${runsOn}: npm finds the one in node_modules/.bin`, 'npm run NAME'];
}

const found = missing();
if (found !== undefined) {
  process.stderr.write(`error: ${found[0]}.\n  ${found[1]}\n`);
  process.exit(1);
}
