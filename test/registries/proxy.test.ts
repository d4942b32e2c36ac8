import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useProxies } from '../../images/fetch/proxy.ts';
import { repositoryRoot } from '../../scripts/repository/read-cluster.ts';
import { NamesProxy } from './names-proxy.ts';

let proxy: NamesProxy;
let here: Server;
let local: string;

beforeAll(async () => {
  here = createServer((_, response) => response.end('here'));
  await new Promise<void>((done) => here.listen(0, '127.0.0.1', done));
  const address = here.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  local = `http://127.0.0.1:${address.port}`;
  proxy = await NamesProxy.start(address.port);
});
afterAll(async () => {
  here.closeAllConnections();
  await new Promise((done) => here.close(done));
  await proxy.stop();
});
beforeEach(() => {
  proxy.connected.length = 0;
});

/** The hosts that a command of a new process reaches, and the environment of its children. */
async function reached(
  environment: Record<string, string>,
): Promise<{ here: string[]; noProxy: string | undefined }> {
  const program = `
    import { get } from 'node:http';
    import { useProxies } from ${JSON.stringify(join(repositoryRoot, 'images/fetch/proxy.ts'))};
    useProxies();
    const here = [await (await fetch(${JSON.stringify(local)})).text()];
    await new Promise((done, fail) => {
      get(${JSON.stringify(local)}, (response) => response.on('data', (data) => here.push(String(data))).on('end', done)).on('error', fail);
    });
    await fetch('https://outside.example.test/', { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    await fetch('https://direct.example.test/', { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    console.log(JSON.stringify({ here, noProxy: process.env.NO_PROXY }));
  `;
  const { stdout } = await run(program, environment);
  return JSON.parse(stdout);
}

/** A program in a process of its own, until it comes to its end by itself. */
function run(program: string, environment: Record<string, string>): Promise<{ stdout: string }> {
  return execa(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    extendEnv: false,
  });
}

describe('a proxy', () => {
  const variants: [string, () => Record<string, string>][] = [
    ['HTTPS_PROXY', () => ({ HTTPS_PROXY: proxy.url })],
    [
      'https_proxy, which takes precedence',
      () => ({ https_proxy: proxy.url, HTTPS_PROXY: 'http://127.0.0.1:9' }),
    ],
    ['HTTPS_PROXY without a scheme', () => ({ HTTPS_PROXY: proxy.url.replace('http://', '') })],
    [
      'both variables and NODE_USE_ENV_PROXY=1',
      () => ({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, NODE_USE_ENV_PROXY: '1' }),
    ],
  ];
  it.each(variants)(
    'that %s names is used for outside hosts, and never for this machine',
    async (_, environment) => {
      const { here: answers, noProxy } = await reached({ ...environment(), NO_PROXY: 'direct.example.test' });
      expect(answers).toEqual(['here', 'here']);
      expect([...new Set(proxy.connected)]).toEqual(['outside.example.test:443']);
      expect(noProxy).toBe('direct.example.test,localhost,127.0.0.1,::1,[::1],plinth-registry');
    },
  );

  it('that hangs up does not keep a command running', async () => {
    proxy.hangUp();
    const program = `
      import { fetchOutside } from ${JSON.stringify(join(repositoryRoot, 'images/fetch/fetch-outside.ts'))};
      import { useProxies } from ${JSON.stringify(join(repositoryRoot, 'images/fetch/proxy.ts'))};
      useProxies();
      await fetchOutside('https://outside.example.test/', { signal: AbortSignal.timeout(3_000) })
        .catch((error) => console.log(error.name));
    `;
    const { stdout } = await run(program, { HTTPS_PROXY: proxy.url });
    expect(stdout).toBe('TimeoutError');
    expect(proxy.connected).toContain('outside.example.test:443');
    proxy.open();
  });

  it('that no variable names is not used, and the environment is unchanged', async () => {
    expect(await reached({})).toEqual({ here: ['here', 'here'] });
    expect(proxy.connected).toEqual([]);
  });

  it('of an unsupported kind is refused with the name of its variable, without its password', () => {
    expect(() => useProxies({ HTTPS_PROXY: 'socks5://someone:secret@proxy.example.org:1080' })).toThrow(
      /^HTTPS_PROXY names no proxy that can be used from here: set it to http:\/\/HOST:PORT or https:\/\/HOST:PORT, or unset it$/,
    );
    expect(() => useProxies({ http_proxy: 'http://proxy.example.org:port' })).toThrow(/^http_proxy names/);
  });
});
