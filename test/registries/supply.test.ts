import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { useProxies } from '../../images/fetch/proxy.ts';
import { ImageStore } from '../../images/oci/image-store.ts';
import { basic } from '../../images/pull/bearer.ts';
import { askRegistry, type RegistryAnswer } from '../../images/supply/ask-registry.ts';
import type * as Supply from '../../images/supply/mode.ts';
import type { FaultRule } from './faults.ts';
import { NamesProxy } from './names-proxy.ts';
import { Registries } from './registries.ts';

const all = ['docker.io', 'ghcr.io', 'quay.io', 'registry.k8s.io'];

let folder: string;
let registries: Registries;
let names: NamesProxy;
let said: string[];
const report = (line: string): void => void said.push(line);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-supply-'));
  registries = await Registries.start({ store: new ImageStore(join(folder, 'upstream')) });
  names = await NamesProxy.start(registries.port);
  useProxies({ HTTPS_PROXY: names.url });
  await newRun(); // to load all that it imports takes longest the first time
  setDefaultCACertificates([...getCACertificates('default'), registries.authority.roots]);
});

afterAll(async () => {
  await names.stop();
  await registries.stop();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;
beforeEach(() => {
  count++;
  vi.stubEnv('PLINTH_REGISTRY_MIRROR', '');
  vi.stubEnv('PLINTH_SUPPLY', '');
  vi.stubEnv('PLINTH_CACHE', join(folder, `cache-${count}`));
  said = [];
});

afterEach(() => {
  vi.unstubAllEnvs();
  registries.faults.clear();
  registries.asked.length = 0;
  names.open();
});

/** As a new run of a command has it: nothing decided yet. */
async function newRun(): Promise<typeof Supply> {
  vi.resetModules();
  return import('../../images/supply/mode.ts');
}

const broken = (fault: FaultRule['fault'], rule: Partial<FaultRule> = {}) =>
  registries.faults.add({ fault, at: 'version', ...rule });

describe('the source of images', () => {
  it('is decided once per run by requests to all possible registries, and reported with the way to change it', async () => {
    const { supplyMode } = await newRun();
    expect(await Promise.all([supplyMode(report), supplyMode(report)])).toEqual(['pull', 'pull']);
    expect(registries.asked.map(({ host }) => host).sort()).toEqual(all);
    expect(said).toEqual([
      'images are pulled, about 2 GB once: docker.io, ghcr.io, quay.io and registry.k8s.io answer. ' +
        'To build instead: PLINTH_SUPPLY=build',
    ]);
  });

  it("depends only on the registries of the environment's images", async () => {
    broken({ kind: 'status', status: 403 }, { host: 'quay.io' });
    const images = ['kindest-node', 'metrics-server', 'aws-ebs-csi-driver', 'git-server', 'gateway-api-crds'];
    expect(await (await newRun()).supplyMode(report, '', images)).toBe('pull');
    expect(registries.asked.map(({ host }) => host).sort()).toEqual([
      'docker.io',
      'public.ecr.aws',
      'registry.k8s.io',
    ]);
  });

  it('is decided after a second request if a registry closed the connection once', async () => {
    broken({ kind: 'cut', after: 0 }, { host: 'ghcr.io', times: 1 });
    expect(await (await newRun()).supplyMode(report)).toBe('pull');
    expect(registries.asked.filter(({ host }) => host === 'ghcr.io').length).toBe(2);
  });

  it('stays undecided if a sign-in page answers for all registries', async () => {
    broken({ kind: 'page' });
    const { supplyMode, SupplyUndecided } = await newRun();
    const error: unknown = await supplyMode(report).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(SupplyUndecided);
    expect(String(error)).toContain(
      'no image registry answers as one (docker.io: 200 with text/html; ghcr.io: 200 with text/html',
    );
    expect(said).toEqual([]);
  });

  it.each([
    [403, 'ghcr.io: 403'],
    [429, 'ghcr.io: 429'],
    [503, 'ghcr.io: 503'],
  ])('stays undecided if one registry answers %i without identifying itself', async (status, told) => {
    broken({ kind: 'status', status }, { host: 'ghcr.io' });
    await expect((await newRun()).supplyMode(report)).rejects.toThrow(
      `only docker.io, quay.io and registry.k8s.io answer as an image registry (${told}), so nothing starts.`,
    );
  });

  it('stays undecided if a proxy blocks one host', async () => {
    names.refuse('quay.io', 403);
    await expect((await newRun()).supplyMode(report)).rejects.toThrow('(quay.io: Proxy response (403)');
  });

  it('stays pull without requests if images were pulled before', async () => {
    await (await newRun()).supplyMode(report);
    registries.asked.length = 0;
    broken({ kind: 'page' });
    expect(await (await newRun()).supplyMode(report)).toBe('pull');
    expect(registries.asked).toEqual([]);
    expect(said.at(-1)).toMatch(
      /^images are pulled, as on this machine since \d{4}-\d\d-\d\d\. To ask the registries again: PLINTH_SUPPLY=auto$/,
    );
  });

  it('is decided again with PLINTH_SUPPLY=auto', async () => {
    await (await newRun()).supplyMode(report);
    broken({ kind: 'page' });
    vi.stubEnv('PLINTH_SUPPLY', 'auto');
    await expect((await newRun()).supplyMode(report)).rejects.toThrow('so nothing starts');
  });

  it("is the user's choice without requests, in this run and later ones", async () => {
    broken({ kind: 'page' });
    const first = await newRun();
    await expect(first.supplyMode(report)).rejects.toThrow('so nothing starts');
    await first.chooseSupply('build');
    expect(await first.supplyMode(report)).toBe('build');
    registries.asked.length = 0;
    registries.faults.clear();
    expect(await (await newRun()).supplyMode(report)).toBe('build');
    expect(registries.asked).toEqual([]);
  });

  it('is PLINTH_SUPPLY for one run only', async () => {
    vi.stubEnv('PLINTH_SUPPLY', 'build');
    expect(await (await newRun()).supplyMode(report)).toBe('build');
    expect(said).toEqual(['images are built here, as PLINTH_SUPPLY says']);
    expect(registries.asked).toEqual([]);
    vi.stubEnv('PLINTH_SUPPLY', '');
    expect(await (await newRun()).supplyMode(report)).toBe('pull');
  });

  it('cannot be an unknown value of PLINTH_SUPPLY', async () => {
    vi.stubEnv('PLINTH_SUPPLY', 'download');
    await expect((await newRun()).supplyMode(report)).rejects.toThrow(
      "PLINTH_SUPPLY is 'download': set it to auto, pull or build, or unset it",
    );
  });

  it('can be determined without being remembered', async () => {
    const { findSupply } = await newRun();
    expect((await findSupply()).mode).toBe('pull');
    registries.asked.length = 0;
    await (await newRun()).findSupply();
    expect(registries.asked.length).toBe(all.length);
  });
});

describe('the answer of a registry', () => {
  it("is 'silent' after two time-outs", async () => {
    broken({ kind: 'stall', after: 0 });
    expect(await askRegistry('ghcr.io', { timeoutMs: 1_000 })).toEqual({
      host: 'ghcr.io',
      kind: 'silent',
      said: 'no answer in 1 s',
    });
    expect(registries.asked.length).toBe(2);
  });

  it("is 'silent' through a proxy that hangs up, until the proxy works", async () => {
    names.hangUp();
    expect(await askRegistry('ghcr.io', { timeoutMs: 1_000 })).toMatchObject({
      kind: 'silent',
      said: 'no answer in 1 s',
    });
    names.open();
    expect(await askRegistry('ghcr.io')).toMatchObject({ kind: 'registry' });
  });

  it('is not accepted with an untrusted certificate', async () => {
    const stranger = await Registries.start({ store: new ImageStore(join(folder, 'stranger')) });
    vi.stubEnv('PLINTH_REGISTRY_MIRROR', `localhost:${stranger.port}`);
    const answer = await askRegistry('ghcr.io', { timeoutMs: 5_000 });
    await stranger.stop();
    expect(answer.kind).toBe('other');
    expect(answer.said).toContain('certificate');
  });

  describe('without the header of a registry', () => {
    let server: Server;
    let address: string;
    let answer: (authorization: string | undefined, url: string) => [number, Record<string, string>];

    beforeAll(async () => {
      server = createServer(({ headers, url }, response) => {
        response.writeHead(...answer(headers.authorization, url ?? '')).end('<p>');
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise((done) => server.close(done)));

    /** How it is seen by a user who has this in config.json of Docker, with `http:` unless the mirror says otherwise. */
    async function seen(config: object, mirror = `http://${address}/prefix`): Promise<RegistryAnswer> {
      const docker = await mkdtemp(join(folder, 'docker-'));
      await writeFile(join(docker, 'config.json'), JSON.stringify(config));
      vi.stubEnv('DOCKER_CONFIG', docker);
      vi.stubEnv('PLINTH_REGISTRY_MIRROR', mirror);
      return askRegistry('ghcr.io', { timeoutMs: 5_000 });
    }
    const password = (authorization: string | undefined): [number, Record<string, string>] =>
      authorization === basic({ username: 'ann', secret: 'secret' })
        ? [200, { 'content-type': 'application/json' }]
        : [401, { 'www-authenticate': 'Basic realm="Mirror of the company"' }];

    it('is accepted with a valid login, for the host or for a path of it', async () => {
      answer = password;
      const login = { username: 'ann', password: 'secret' };
      const registry = { host: 'ghcr.io', kind: 'registry', said: '200' };
      expect(await seen({ auths: { [address]: login } })).toEqual(registry);
      expect(await seen({ auths: { [`${address}/prefix`]: login } })).toEqual(registry);
      expect(await seen({ auths: { [`https://${address}/v2/`]: login } })).toEqual(registry);
    });

    it('is not accepted without a valid login, with the command to sign in', async () => {
      answer = password;
      expect(await seen({})).toEqual({
        host: 'ghcr.io',
        kind: 'other',
        said: `401, it requires a password: docker login ${address}`,
      });
      expect(await seen({ auths: { [address]: { username: 'ann', password: 'wrong' } } })).toMatchObject({
        kind: 'other',
        said: `401, it refuses the password: docker login ${address}`,
      });
    });

    it.each<[string, [number, Record<string, string>], string]>([
      ['502 of a proxy', [502, { 'content-type': 'text/html' }], '502 with text/html'],
      ['401 without a way to sign in', [401, {}], '401'],
    ])('is not accepted with %s', async (_, answered, said) => {
      answer = () => answered;
      expect(await seen({})).toEqual({ host: 'ghcr.io', kind: 'other', said });
    });

    it('is not accepted if it redirects to a sign-in page', async () => {
      answer = (_, url) =>
        url === '/v2/' ? [302, { location: '/welcome' }] : [200, { 'content-type': 'text/html' }];
      expect(await seen({})).toMatchObject({ kind: 'other', said: '200 with text/html' });
    });

    it("is not accepted, and not 'silent', without TLS", async () => {
      answer = () => [200, {}];
      expect((await seen({}, address)).kind).toBe('other');
    });
  });

  it("is 'silent' if nothing listens at the port", async () => {
    const gone = await Registries.start({ store: new ImageStore(join(folder, 'gone')) });
    vi.stubEnv('PLINTH_REGISTRY_MIRROR', `localhost:${gone.port}`);
    await gone.stop();
    expect(await askRegistry('ghcr.io', { timeoutMs: 5_000 })).toMatchObject({ kind: 'silent' });
  });
});
