import { createSocket } from 'node:dgram';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { release } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import type { EngineInput } from './engine.ts';
import type { KernelEvidence } from './kernel.ts';
import type { PortInput, PortUse } from './ports.ts';

type PortNumber = Pick<PortUse, 'port' | 'protocol'>;

/** The text of a file; `undefined` if it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Output of a program; `undefined` if it is missing, fails, or takes longer than three seconds. */
export async function printed(command: string, args: string[], env = {}): Promise<string | undefined> {
  const result = await execa(command, args, { env, stdin: 'ignore', timeout: 3_000, reject: false });
  return result.failed ? undefined : result.stdout.trim();
}

/** Whether PATH has a program of this name. */
export function inPath(name: string): boolean {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && mayUse(join(folder, name), constants.X_OK));
}

/** State of Docker's default socket, if no other is configured. */
export function dockerSocket(): EngineInput['socket'] {
  const socket = '/var/run/docker.sock';
  if (process.env.DOCKER_HOST || !existsSync(socket)) return 'absent';
  return mayUse(socket, constants.R_OK | constants.W_OK) ? 'usable' : 'denied';
}

/**
 * Address of the engine that Docker's client uses, from DOCKER_HOST, DOCKER_CONTEXT or `docker context use`.
 */
export async function dockerEndpoint(): Promise<string | undefined> {
  if (process.env.DOCKER_HOST) return process.env.DOCKER_HOST;
  return printed('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']);
}

/** All evidence about the kernel's features. */
export function kernelEvidence(): KernelEvidence {
  const modules = `/lib/modules/${release()}`;
  return {
    filesystems: readText('/proc/filesystems') ?? '',
    loaded: existsSync('/sys/module') ? readdirSync('/sys/module') : [],
    builtin: readText(`${modules}/modules.builtin`) ?? '',
    loadable: readText(`${modules}/modules.dep`) ?? '',
    config: kernelConfig(),
  };
}

function kernelConfig(): string {
  try {
    return gunzipSync(readFileSync('/proc/config.gz')).toString('utf8');
  } catch {
    return readText(`/boot/config-${release()}`) ?? '';
  }
}

/** Tries to open the port on the loopback address, as the engine would. */
export function portState({ port, protocol }: PortNumber): Promise<PortInput['state']> {
  return new Promise((resolve) => {
    const refused = (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EACCES' ? 'forbidden' : 'taken');
    if (protocol === 'udp') {
      const socket = createSocket('udp4').once('error', refused);
      socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve('free')));
      return;
    }
    const server = createServer().once('error', refused);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve('free')));
  });
}

/** The process that listens at a port, from `ss`; undefined without `ss` and outside of Linux. */
export async function listener({ port, protocol }: PortNumber): Promise<string | undefined> {
  const kind = protocol === 'udp' ? '-Hlunp' : '-Hltnp';
  return listenerIn((await printed('ss', [kind, 'sport', '=', `:${port}`])) ?? '');
}

/**
 * The process in lines of `ss` that keeps others from the loopback address: `nginx (pid 4711)`. One on another
 * address does not, such as systemd-resolved on 127.0.0.53.
 */
export function listenerIn(lines: string): string | undefined {
  const line = lines
    .split('\n')
    .find((text) => /\s(?:127\.0\.0\.1|0\.0\.0\.0|\*|\[::\]|\[::ffff:127\.0\.0\.1\]):\d+\s/.test(text));
  if (line === undefined) return undefined;
  const match = /\(\("([^"]+)",pid=(\d+)/.exec(line);
  return match ? `${match[1]} (pid ${match[2]})` : 'a program of another user';
}

/** Free bytes on the disk of a folder, which may not exist yet. */
export function freeBytes(folder: string): number {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
}

/** Bytes of memory available without swapping; `undefined` outside of Linux. */
export function availableMemory(): number | undefined {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readText('/proc/meminfo') ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** The package source of this Debian, or Debian's own. */
export function debianSource(): string {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  for (const file of files) {
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const uri = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(https?:\/\/\S+)/m.exec(readText(file) ?? '')?.[1];
    if (uri) return uri;
  }
  return 'http://deb.debian.org/debian';
}

function mayUse(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
