import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadLock } from '../../images/lock/index.ts';
import { type EngineInfoName, engineInfos, podmanBehindDocker } from '../../test/images/engine-info.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { machineChecks } from './checks/machine-checks.ts';
import type { Host } from './host.ts';
import { runChecks } from './run-checks.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-fake-engine-'));
  mkdirSync(join(folder, 'bin'));
  vi.stubEnv('PATH', [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter));
  vi.stubEnv('HOME', join(folder, 'home'));
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  for (const name of ['PLINTH_CACHE', 'PLINTH_STATE', 'XDG_CACHE_HOME', 'XDG_STATE_HOME', 'DOCKER_HOST'])
    vi.stubEnv(name, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const mac: Host = { platform: 'darwin', root: false, wsl: false, packages: 'brew' };
const linux: Host = { platform: 'linux', root: false, wsl: false, packages: 'apt-get' };

/** The rows if a client of this name answers like that machine's. */
async function rows(
  client: 'docker' | 'podman',
  machine: EngineInfoName,
  host: Host,
  endpoint: string,
  /** Output of a client named docker. Default: it fails where the other one is Podman. */
  docker?: object,
) {
  const path = join(folder, 'bin', client);
  writeFileSync(join(folder, 'info.json'), JSON.stringify(engineInfos[machine]));
  const answers = `#!/bin/sh\ncase "$1" in info) cat '${folder}/info.json' ;; context) echo '${endpoint}' ;; ps) ;; *) exit 1 ;; esac\n`;
  writeFileSync(path, answers);
  chmodSync(path, 0o755);
  if (client === 'podman' || docker !== undefined) {
    const answer = docker === undefined ? 'exit 1' : `cat <<'END'\n${JSON.stringify(docker)}\nEND`;
    writeFileSync(join(folder, 'bin', 'docker'), `#!/bin/sh\n${answer}\n`);
    chmodSync(join(folder, 'bin', 'docker'), 0o755);
  }
  const cluster = readCluster('dev');
  const results = await runChecks(
    machineChecks({ environment: 'dev', cluster, apps: [], lock: loadLock(), host }),
    60_000,
  );
  return Object.fromEntries(results.map(({ name, state, found }) => [name, `${state}: ${found}`]));
}

test('Docker Desktop on a Mac: memory, disk and control groups are those of the virtual machine', async () => {
  const endpoint = 'unix:///Users/ann/.docker/run/docker.sock';
  expect(await rows('docker', 'Docker Desktop on a Mac of Apple', mac, endpoint)).toMatchObject({
    engine: 'ok: Docker 28.5.1, in Docker Desktop, linux/arm64',
    "engine's place": `ok: Docker Desktop, which sees ${folder}/home/.cache/plinth, ${folder}/home/.local/state/plinth`,
    "engine's disk": 'ok: Docker Desktop does not report the free space at /var/lib/docker; 6 GB are needed',
    memory: 'ok: 7.7 GiB of Docker Desktop',
    'control groups': 'ok: version 2 with cpu, memory, pids',
  });
});

test('Docker Desktop on Linux: the kernel of the virtual machine counts', async () => {
  const found = await rows(
    'docker',
    'Docker Desktop in WSL 2',
    { ...linux, wsl: true },
    'unix:///run/d.sock',
  );
  expect(found).toMatchObject({
    kernel: 'ok: the kernel of Docker Desktop counts',
    inotify: 'ok: the kernel of Docker Desktop counts',
  });
});

test('refuses a context of another machine', async () => {
  const found = await rows('docker', 'Docker 28', linux, 'ssh://ann@build.example.org');
  expect(found["engine's place"]).toMatch(/^fail: the engine is on another machine, ssh:\/\/ann@build/);
});

test('finds Podman if Docker does not answer', async () => {
  const found = await rows('podman', 'Podman 4 to which systemd delegates nothing', linux, '');
  expect(found).toMatchObject({
    engine: 'ok: Podman 4.3.1, rootless, linux/amd64',
    'control groups': expect.stringMatching(/^fail: systemd does not delegate cpu, memory, pids/),
    "engine's disk": 'ok: 50.0 GB free at /home/ann/.local/share/containers/storage; 6 GB are needed',
  });
});

test("recognises Podman behind the command docker (Debian's podman-docker)", async () => {
  const found = await rows('docker', 'Podman 4 without root', linux, '');
  expect(found.engine).toBe('ok: Podman 4.9.3, rootless, linux/amd64');
});

test("uses Podman's own client if the client of Docker is configured for Podman's socket", async () => {
  const found = await rows('podman', 'Podman 5 with root', linux, '', podmanBehindDocker);
  expect(found.engine).toBe('ok: Podman 5.6.2, linux/amd64');
});

test("without Podman's client, names the command that installs it", async () => {
  const found = await rows('docker', 'Docker 28', linux, '', podmanBehindDocker);
  expect(found.engine).toBe(
    "fail: docker reaches Podman by its socket, and Podman's own client is used for it",
  );
});
