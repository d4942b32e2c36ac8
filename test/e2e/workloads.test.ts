import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { forwardTo, forwardToPod } from '../../scripts/call/port-forward.ts';
import { visit } from '../../scripts/cluster/visit.ts';
import { sendTo } from '../gateway-request.ts';
import { until } from '../until.ts';
import { gatewayPlace } from './gateway.ts';
import { said, World } from './identity/world.ts';
import { examples, placeExamples } from './workloads/place-examples.ts';
import { dnsQuestion, mqtt, talk } from './workloads/talk.ts';

const own = [
  'notes',
  'members',
  'clock',
  'gated',
  'busy',
  'partner',
  'wired',
  'rooted',
  'quiet',
  'door',
  'calls',
  'words',
  'chosen',
];

/** Port of the broker on this machine: another one than its app.ts says, which a broker of this machine may have. */
const brokerPort = 19883;

const nodes = `nodes:
  - { name: control-plane, role: control-plane, cpu: "4", memory: 8Gi }
  - { name: worker, role: worker, cpu: "4", memory: 8Gi }
  - { name: fast, role: worker, cpu: "1", memory: 1Gi, labels: { disk: ssd }, taints: { card: a100 } }`;

/** Port of the gateway on this machine, in clusters of stories. */
const httpsPort = 19443;

const deployed = z.object({ phases: z.array(z.object({ title: z.string(), seconds: z.number() })) });

/** Each kind of work that app.ts can describe runs in a real cluster and does what it is for. */
describe('ordinary workloads', () => {
  const world = new World();

  /** The answer of a pod of an app, selected by name if there are several. */
  async function ask(
    app: string,
    path: string,
    options: { pod?: string; port?: number } = {},
  ): Promise<string> {
    const { pod, port = 8080 } = options;
    const forward =
      pod === undefined
        ? await forwardToPod(world.cluster, app, port)
        : await forwardTo(world.cluster, { namespace: app, pod, port });
    try {
      const answer = await fetch(`http://127.0.0.1:${forward.port}${path}`, {
        signal: AbortSignal.timeout(10_000),
        headers: { connection: 'close' },
      });
      return await answer.text();
    } finally {
      forward.close();
    }
  }

  const get = (...args: string[]): Promise<string> =>
    world.probe.kubectl(['get', ...args]).then((text) => text.trim());

  const deploy = async (message: string) => {
    const ended = await world.checkout.npm('deploy', '--message', message, '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    const { phases } = deployed.parse(JSON.parse(ended.stdout));
    console.log(
      `${message}: ${phases.map(({ title, seconds }) => `${title} ${seconds.toFixed(1)} s`).join(', ')}`,
    );
  };

  /** The answer of a pod of an app to bytes at a port, read until it is complete. */
  const tell = async (
    app: string,
    port: number,
    bytes: string,
    enough: (answer: string) => boolean,
    pod?: string,
  ): Promise<string> => {
    const forward =
      pod === undefined
        ? await forwardToPod(world.cluster, app, port)
        : await forwardTo(world.cluster, { namespace: app, pod, port });
    try {
      return (await talk(forward.port, bytes, (answer) => enough(answer.toString()))).toString();
    } finally {
      forward.close();
    }
  };

  /** A call of gRPC through the gateway with one message; resolves with the bytes of its answer, whose status must be 0. */
  const call = async (name: string, path: string, message: Buffer): Promise<Buffer> => {
    const { host, roots } = await gatewayPlace(world.cluster, name, httpsPort);
    const session = connect(`https://127.0.0.1:${httpsPort}`, { servername: host, ca: [...(roots ?? [])] });
    try {
      const request = session.request({
        ...{ ':method': 'POST', ':path': path, ':authority': `${host}:${httpsPort}` },
        ...{ 'content-type': 'application/grpc', te: 'trailers' },
      });
      const trailers = once(request, 'trailers');
      request.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
      return Buffer.concat(chunks).subarray(5);
    } finally {
      session.close();
    }
  };

  const setSecret = async (value: string, app = 'partner', key = 'PAY_KEY') => {
    await execa('npm', ['run', '--silent', 'secrets', '--', 'set', app, key], {
      cwd: world.checkout.root,
      env: world.checkout.env,
      input: value,
    });
  };

  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  beforeAll(() =>
    world.begin(async (checkout) => {
      await cp(join(import.meta.dirname, 'workloads', 'apps'), join(checkout.root, 'apps'), {
        recursive: true,
      });
      await placeExamples(checkout.root);
      const apps = [...own, ...Object.keys(examples)].map((app) =>
        app === 'broker' ? `  broker: { public: { mqtt: ${brokerPort} } }\n` : `  ${app}:\n`,
      );
      await checkout.edit(
        'clusters/dev/cluster.yaml',
        (text) => `${text.replace(/^nodes:\n.*$/m, nodes).trimEnd()}\n${apps.join('')}`,
      );
    }),
  );
  afterAll(() => world.end());

  it('report a missing secret before anything starts, and start once it is set', async () => {
    const refused = await world.checkout.npm('init-cluster');
    expect(refused.exitCode, said(refused)).not.toBe(0);
    expect(said(refused)).toContain('npm run secrets -- set partner PAY_KEY');
    expect(said(refused)).toContain('npm run secrets -- set payments STRIPE_KEY');
    await setSecret('plinth-value-one');
    await setSecret(['sk', 'test', 'plinth'].join('_'), 'payments', 'STRIPE_KEY');
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
  });

  it('keep the files of a volume when the pod is replaced', async () => {
    await ask('notes', '/?add=remember');
    await world.probe.kubectl(['delete', 'pod', '-n', 'notes', '--all', '--wait']);
    await until(
      async () => (await ask('notes', '/')) === 'remember\n',
      'the note after the pod was replaced',
    );
  });

  it('have stable names and volumes for each replica, and the replicas find each other', async () => {
    const before = await ask('members', '/', { pod: 'members-1' });
    expect(before).toMatch(/^members-1 /);
    expect(await ask('members', '/?ask=members-1', { pod: 'members-0' })).toBe(before);
    await world.probe.kubectl(['delete', 'pod', '-n', 'members', 'members-1', '--wait']);
    await until(
      async () => (await ask('members', '/', { pod: 'members-1' })) === before,
      'members-1 with its volume',
    );
  });

  it('run on a schedule', async () => {
    await until(async () => {
      const succeeded = await get('jobs', '-n', 'clock', '-o', 'jsonpath={.items[*].status.succeeded}');
      return succeeded.split(' ').includes('1');
    }, 'a run of clock that succeeded');
  });

  it('keep the old version if the job of the new one fails', async () => {
    expect(await ask('gated', '/')).toBe('1');
    await world.checkout.edit('apps/gated/app.ts', (text) =>
      text.replace("VERSION: '1', CHECK: 'passes'", "VERSION: '2', CHECK: 'fails'"),
    );
    const failed = await world.checkout.npm('deploy', '--message', 'A version whose job fails');
    expect(failed.exitCode, said(failed)).not.toBe(0);
    expect(said(failed)).toContain('gated');
    expect(await ask('gated', '/')).toBe('1');
    await world.checkout.edit('apps/gated/app.ts', (text) =>
      text.replace("CHECK: 'fails'", "CHECK: 'passes'"),
    );
    await deploy('The job passes');
    expect(await ask('gated', '/')).toBe('2');
  });

  it('have their secret, and replace the pod when its value changes', async () => {
    expect(await ask('partner', '/key')).toBe(sha256('plinth-value-one'));
    await setSecret('plinth-value-two');
    await deploy('Another key');
    expect(await ask('partner', '/key')).toBe(sha256('plinth-value-two'));
    const events = await get('configmaps,deployments,pods', '-n', 'partner', '-o', 'yaml');
    expect(events).not.toContain('plinth-value-two');
  });

  it('reach only the named internet host, and only through the proxy', async () => {
    const named = await ask('partner', '/tunnel?host=api.example.org');
    // Without internet the name is unknown: the error shows that the proxy allowed the app's request and resolved the name.
    expect(named).toMatch(/^HTTP\/1\.1 (200|502) /);
    const other = await ask('partner', '/tunnel?host=evil.example.org');
    expect(other).toMatch(/^HTTP\/1\.1 403 /);
    expect(other).toContain('evil.example.org');
    const direct = await ask('partner', '/direct?host=10.96.0.1');
    expect(direct).not.toBe('connected');
  });

  it('have their file and the output of init container and sidecar, and replace the pod when the file changes', async () => {
    expect(await ask('wired', '/')).toBe('prepared beside hello');
    await world.checkout.edit('apps/wired/files/greeting', () => 'good evening\n');
    await deploy('Another greeting');
    expect(await ask('wired', '/')).toBe('prepared beside good evening');
  });

  it('answer at each host name and path with the set headers, and redirect a moved address', async () => {
    for (const host of ['door.dev.localhost', 'entrance.dev.localhost']) {
      const place = await gatewayPlace(world.cluster, host, httpsPort);
      const page = await visit(place, '/about');
      expect([page.status, page.body]).toEqual([200, 'pages /about front']);
      expect(page.headers['x-frame-options']).toBe('DENY');
      expect((await visit(place, '/files/a.zip')).body).toBe('downloads /files/a.zip front');
      const moved = await visit(place, '/home');
      expect([moved.status, moved.headers.location]).toEqual([301, `https://${host}:${httpsPort}/`]);
    }
  });

  it('accept a gRPC call through the gateway', async () => {
    const message = Buffer.from([10, 0]);
    expect(await call('calls.dev.localhost', '/any.Service/Call', message)).toEqual(message);
  });

  it('run as root on port 80 with exceptions', async () => {
    expect(await ask('rooted', '/', { port: 80 })).toBe('0 1234');
  });

  it('run without a port, and with a lower priority', async () => {
    const logs = await world.checkout.npm('logs', 'quiet', '--limit', '5');
    expect(logs.stdout).toContain('worked');
    expect(await get('pods', '-n', 'quiet', '-o', 'jsonpath={.items[0].spec.priority}')).toBe('-10');
  });

  it('have the extensions of their database, as the status of CloudNativePG confirms', async () => {
    const applied = await get(
      'databases.postgresql.cnpg.io',
      '-n',
      'words',
      '-o',
      'jsonpath={.items[*].status.applied}',
    );
    expect(applied).toBe('true');
    const psql = [
      '-c',
      'postgres',
      '--',
      'psql',
      '-At',
      '-d',
      'words',
      '-c',
      'select extname from pg_extension',
    ];
    const found = await world.probe.kubectl(['exec', '-n', 'words', 'words-db-1', ...psql]);
    expect(found.split('\n')).toEqual(expect.arrayContaining(['pg_trgm', 'unaccent']));
  });

  it('run alone on the chosen node, with the build argument', async () => {
    const nodeOf = (app: string) => get('pods', '-n', app, '-o', 'jsonpath={.items[*].spec.nodeName}');
    const labelled = await get('nodes', '-l', 'disk=ssd', '-o', 'jsonpath={.items[*].metadata.name}');
    expect(await nodeOf('chosen')).toBe(labelled);
    for (const app of ['notes', 'busy', 'site']) expect(await nodeOf(app)).not.toBe(labelled);
    const logs = await world.checkout.npm('logs', 'chosen', '--limit', '5');
    expect(logs.stdout).toContain('the word is plinth');
  });

  it('get a second pod under load', async () => {
    const stop = new AbortController();
    const load = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) await ask('busy', '/').catch(() => undefined);
    });
    await until(
      async () => (await get('deploy', 'busy', '-n', 'busy', '-o', 'jsonpath={.spec.replicas}')) === '2',
      'two pods of busy',
    );
    stop.abort();
    await Promise.all(load);
  });

  describe('of the examples', () => {
    it('broker: keeps a message between two clients outside of the cluster, by TCP without the gateway', async () => {
      const isAccepted = (answer: Buffer) => answer.subarray(0, 4).equals(Buffer.from([0x20, 2, 0, 0]));
      const first = Buffer.concat([mqtt.connect('one'), mqtt.keep('door', 'open')]);
      expect(isAccepted(await talk(brokerPort, first, isAccepted))).toBe(true);
      const second = Buffer.concat([mqtt.connect('two'), mqtt.subscribe('door')]);
      await until(async () => {
        const answer = await talk(brokerPort, second, (text) => text.includes('dooropen'));
        return answer.includes('dooropen');
      }, 'the message that the broker kept');
      const status = await world.checkout.npm('status');
      expect(status.stdout).toContain(`tcp://broker.dev.localhost:${brokerPort}`);
    });

    it('cache and durable-cache: store a value, the second also across a replaced pod', async () => {
      const ask = (app: string) =>
        tell(app, 6379, 'GET word\r\n', (text) => /^\$(-1|5\r\nvalue)\r\n$/.test(text));
      for (const app of ['cache', 'durable-cache']) {
        await tell(app, 6379, 'SET word value\r\n', (text) => text === '+OK\r\n');
        expect(await ask(app)).toContain('value');
      }
      await world.probe.kubectl(['delete', 'pod', '-n', 'durable-cache', '--all', '--wait']);
      await until(
        async () => (await ask('durable-cache')).includes('value'),
        'the value after the pod was replaced',
      );
    });

    it('sessions: runs two pods with separate data', async () => {
      const pods = (await get('pods', '-n', 'sessions', '-o', 'jsonpath={.items[*].metadata.name}')).split(
        ' ',
      );
      expect(pods).toHaveLength(2);
      const [first, second] = pods;
      await tell('sessions', 11211, 'set user 0 0 3\r\nada\r\n', (text) => text === 'STORED\r\n', first);
      const ask = (pod: string | undefined) =>
        tell('sessions', 11211, 'get user\r\n', (text) => text.endsWith('END\r\n'), pod);
      expect([await ask(first), await ask(second)]).toEqual(['VALUE user 0 3\r\nada\r\nEND\r\n', 'END\r\n']);
    });

    it('composed: serves the output of its init container, and its sidecar logs the requests', async () => {
      expect(await ask('composed', '/')).toMatch(/\d\d:\d\d:\d\d/);
      await until(async () => {
        const log = await world.probe.kubectl([
          'logs',
          '-n',
          'composed',
          'deploy/composed',
          '-c',
          'show-log',
        ]);
        return log.includes('GET / HTTP');
      }, 'the request in the log of the sidecar');
    });

    it('front-door: serves both host names, its own path, a redirect and a header', async () => {
      for (const host of ['welcome.dev.localhost', 'start.dev.localhost']) {
        const place = await gatewayPlace(world.cluster, host, httpsPort);
        const page = await visit(place, '/');
        expect([page.status, page.body, page.headers['x-frame-options']]).toEqual([200, 'welcome\n', 'DENY']);
        expect((await visit(place, '/files/a')).body).toBe('files\n');
        expect((await visit(place, '/home')).status).toBe(301);
      }
    });

    it('front-door: lets the pages of one origin read it, and gets no large body', async () => {
      const place = await gatewayPlace(world.cluster, 'welcome.dev.localhost', httpsPort);
      const allowed = async (origin: string) =>
        (await sendTo(place, { headers: { origin } })).headers['access-control-allow-origin'];
      expect(await allowed('https://www.example.org')).toBe('https://www.example.org');
      expect(await allowed('https://elsewhere.example.org')).toBeUndefined();
      const posted = async (bytes: number) =>
        (await sendTo(place, { method: 'POST', body: 'x'.repeat(bytes) })).status;
      // The configuration of nginx answers every method; the gateway refuses the larger body before it arrives there.
      expect([await posted(1_000), await posted(100_000)]).toEqual([200, 413]);
    });

    it('site: its job checked the configuration, and its page has the header', async () => {
      expect(await get('jobs', '-n', 'site', '-o', 'jsonpath={.items[*].status.succeeded}')).toBe('1');
      const page = await visit(await gatewayPlace(world.cluster, 'site.dev.localhost', httpsPort), '/');
      expect([page.status, page.headers['x-content-type-options']]).toEqual([200, 'nosniff']);
    });

    it('legacy-site: serves on port 80 with a master process that runs as root', async () => {
      expect(await ask('legacy-site', '/', { port: 80 })).toContain('nginx');
      const status = await world.probe.kubectl([
        'exec',
        '-n',
        'legacy-site',
        'deploy/legacy-site',
        '--',
        'cat',
        '/proc/1/status',
      ]);
      expect(status).toMatch(/^Uid:\t0\t/m);
    });

    it('messages: three pods form one cluster', async () => {
      await until(async () => {
        const answer = JSON.parse(await ask('messages', '/jsz', { pod: 'messages-0', port: 8222 }));
        return answer.meta_cluster?.cluster_size === 3;
      }, 'a cluster of three');
    });

    it('names: answers a DNS query by gRPC through the gateway', async () => {
      const question = dnsQuestion(0x1234, 'plinth.example.org');
      const message = Buffer.concat([Buffer.from([10, question.length]), question]);
      const answer = await call('names.dev.localhost', '/coredns.dns.DnsService/Query', message);
      // The field, its length in one or two bytes, and the message itself: the id of the question, and the bit of an answer.
      const dns = answer.subarray((answer[1] ?? 0) > 127 ? 3 : 2);
      expect([dns.readUInt16BE(0), (dns[2] ?? 0) >> 7]).toEqual([0x1234, 1]);
    });

    it('queue-worker: processes its queue', async () => {
      expect((await world.checkout.npm('logs', 'queue-worker', '--limit', '5')).stdout).toContain('at work');
    });

    it('team-metrics: has its own metrics', async () => {
      await until(async () => {
        const answer = JSON.parse(await ask('team-metrics', '/api/v1/query?query=up', { port: 9090 }));
        return answer.data.result[0]?.value[1] === '1';
      }, 'a measurement');
    });

    it('payments: reads its key without showing it, and calls only its allowed host', async () => {
      expect(JSON.parse(await ask('payments', '/'))).toEqual({ mode: 'test' });
      const balance = await ask('payments', '/balance');
      // Without internet the proxy reports an unknown name; otherwise Stripe reports an invalid key.
      expect(balance).toMatch(/api\.stripe\.com did not answer|Invalid API Key/);
      expect(await get('deployments,pods,configmaps', '-n', 'payments', '-o', 'yaml')).not.toContain(
        ['sk', 'test', 'plinth'].join('_'),
      );
    });

    it('counter: runs Python with a module of another folder', async () => {
      // The front page asks, too.
      const count = async () =>
        Number(/^counter was asked (\d+) times?\.$/.exec((await ask('counter', '/')).trim())?.[1]);
      const first = await count();
      expect(first).toBeGreaterThan(0);
      expect(await count()).toBeGreaterThan(first);
    });

    it('storefront: serves the page that its build generated from an argument', async () => {
      const page = await visit(await gatewayPlace(world.cluster, 'shop.dev.localhost', httpsPort), '/');
      expect(page.body).toContain('<h1>Everything must stay</h1>');
    });
  });
});
