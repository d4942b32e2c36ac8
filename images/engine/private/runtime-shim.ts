import { readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';

const sysResourceBit = 24n;

/**
 * Whether processes of this machine can have CAP_SYS_RESOURCE. In some sandboxes they cannot: an OCI runtime then fails for every
 * privileged container with "unable to apply caps".
 */
export function hasSysResource(status: string = readFileSync('/proc/self/status', 'utf8')): boolean {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${bounding}`) >> sysResourceBit) & 1n) === 1n;
}

/** Writes a runtime that removes CAP_SYS_RESOURCE from its input, then executes runc. */
export async function writeRuntimeShim(path: string, runc: string): Promise<void> {
  await writeFile(path, script(runc));
  await chmod(path, 0o755);
}

/** The script, in POSIX shell and sed only: it runs for each container and each exec. */
export function script(runc: string): string {
  return `#!/bin/sh
# Drops CAP_SYS_RESOURCE, which nothing on this machine may hold, from a container's or an exec's description, and
# every OOM score below that of this process, which cannot be set without it.
set -eu
edit() {
  [ -f "$1" ] || return 0
  floor=$(cat /proc/self/oom_score_adj)
  sed -i -e 's/"CAP_SYS_RESOURCE",//g' -e 's/,"CAP_SYS_RESOURCE"//g' -e 's/"CAP_SYS_RESOURCE"//g' \\
    -e "s/\\"oomScoreAdj\\": *\\(-[0-9]*\\|0\\)\\([^0-9]\\)/\\"oomScoreAdj\\":$floor\\2/" "$1"
}
next=
for argument do
  case $next in
    bundle) edit "$argument/config.json" ;;
    process) edit "$argument" ;;
  esac
  case $argument in
    -b | --bundle) next=bundle ;;
    -p | --process) next=process ;;
    --bundle=*) edit "\${argument#*=}/config.json" ;;
    --process=*) edit "\${argument#*=}" ;;
    *) next= ;;
  esac
done
exec ${quote(runc)} "$@"
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
