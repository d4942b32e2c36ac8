import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The tools that this machine lacks to build images from source; empty if it can build. */
export function missingToBuild(): string[] {
  const missing: string[] = [];
  if (process.platform !== 'linux') missing.push('Linux');
  if (process.getuid?.() !== 0) missing.push('root');
  if (!existsSync('/usr/bin/apt-get')) missing.push("Debian's packages (apt-get)");
  if (!inPath('go')) missing.push('Go (https://go.dev/dl)');
  return missing;
}

function inPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
