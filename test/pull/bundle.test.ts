import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installDebianPackages } from '../../images/debian/index.ts';
import { runEngine } from '../../images/engine/index.ts';
import { type Engine, ensureEngine } from '../../images/index.ts';
import { removeMirror } from '../../images/mirror/index.ts';
import { Checkout, copyRepository, type Ended, editFile } from '../e2e/checkout.ts';
import { freePort } from '../free-port.ts';
import { OrdinaryUser } from './ordinary-user.ts';

let engine: Engine;
let checkout: Checkout;
let user: OrdinaryUser;
let root: string;
let environment: Record<string, string>;

/** A table of nftables: processes of this user reach loopback and nothing else. The engine's socket is a file. */
const table = 'plinth_bundle_test';

beforeAll(async () => {
  if (process.getuid?.() !== 0)
    throw new Error('this story makes a user without a network, which takes root');
  engine = await ensureEngine(console.log);
  const running = await runEngine(engine, ['ps', '--format', '{{.Names}}']);
  if (running.split('\n').some((name) => name.includes('control-plane')))
    throw new Error('a cluster still runs: npm run init-cluster -- --down');
  checkout = await Checkout.make('bundle-dev', {
    http: await freePort(),
    https: await freePort(),
    registry: await freePort(),
  });
});

afterAll(async () => {
  await execa('nft', ['delete', 'table', 'inet', table], { reject: false });
  if (user !== undefined && root !== undefined) {
    const { exitCode, stderr } = await npm('init-cluster', '--down', '--purge', '--yes');
    if (exitCode !== 0) console.log(`what this story made stays: ${stderr}`);
  }
  await user?.remove();
  await checkout?.remove();
});

function npm(script: string, ...args: string[]): Promise<Ended> {
  return user.run('npm', ['run', '--silent', script, '--', ...args], { cwd: root, env: environment });
}

it('everything of an environment is saved into one file', async () => {
  const started = performance.now();
  const { exitCode, stdout, stderr } = await checkout.npm(
    'bundle',
    'save',
    'dev',
    join(checkout.state, 'dev.bundle'),
  );
  expect(exitCode, stderr).toBe(0);
  console.log(`${stdout}saved in ${((performance.now() - started) / 1000).toFixed(0)} s`);
});

it('a user with an empty cache and no network gets a running front page from that file', async () => {
  user = await OrdinaryUser.make(engine);
  root = join(user.home, 'repository');
  await copyRepository(root);
  await cp(join(checkout.root, 'clusters/dev/cluster.yaml'), join(root, 'clusters/dev/cluster.yaml'));
  await editFile(join(root, 'clusters/dev/cluster.yaml'), (text) =>
    text.replace(/^name: .*$/m, 'name: fresh-dev'),
  );
  await mkdir(join(user.home, '.cache'), { recursive: true });
  await cp(join(checkout.state, 'dev.bundle'), join(user.home, 'dev.bundle'));
  await user.own(user.home);
  environment = { PLINTH_REGISTRY_PORT: String(await freePort()) };
  // The mirror of before serves another user's cache.
  await removeMirror(engine);
  await installDebianPackages(['nftables'], (line) => console.log(line));
  await execa('nft', ['-f', '-'], {
    input: `table inet ${table} {\n  chain output {\n    type filter hook output priority 0;\n    meta skuid ${user.uid} oifname != "lo" reject\n  }\n}\n`,
  });
  const outside = await user.run(
    'node',
    ['-e', "fetch('https://registry.npmjs.org').then(() => process.exit(0), () => process.exit(7))"],
    { cwd: root },
  );
  expect(outside.exitCode).toBe(7);
  const loaded = await npm('bundle', 'load', join(user.home, 'dev.bundle'));
  expect(loaded.exitCode, loaded.stderr).toBe(0);
  const started = performance.now();
  const { exitCode, stdout, stderr } = await npm('init-cluster');
  expect(exitCode, stderr).toBe(0);
  console.log(
    `${stdout}\nfrom a bundle to a front page: ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  expect(await user.othersFiles()).toEqual([]);
});
