import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { ensureProgram, supply } from '../../images/index.ts';
import { nodePorts } from '../../model/schema/node-ports.ts';
import { gatewayRoots } from '../../scripts/cluster/authority-roots.ts';
import { clientFrom } from '../../scripts/cluster/client.ts';
import { type GatewayAddress, visit } from '../../scripts/cluster/visit.ts';
import { type Git, gitIn } from '../../scripts/delivery/git.ts';
import { readPublished } from '../../scripts/delivery/images-file.ts';
import { renderEnvironment } from '../../scripts/flux/render-environment.ts';
import { TestRegistry } from '../delivery/registry.ts';
import { ensurePulumi, Project, said } from '../stacks/project.ts';
import { readyKustomizations } from './flux.ts';
import { GitMachine } from './git-machine.ts';
import { TestForge } from './test-forge.ts';
import { environment, TestSite } from './test-site.ts';

/** Longest wait for a commit: the interval of the source, pulls and starts of pods on a slow machine. */
const longest = { timeout: 10 * 60_000, interval: 2_000 };
const page = 'apps/home/src/page.ts';

/**
 * From a commit to what visitors see, as a team does it: machines, a repository by SSH that holds sources and manifests, and a registry
 * with TLS. After the hand-over nothing is changed on the cluster by hand.
 */
describe('an environment that Git fills', () => {
  let site: TestSite;
  let git: GitMachine;
  let forge: TestForge;
  let checkout: Git;
  let project: Project | undefined;
  let other: TestRegistry | undefined;
  const prod = 'hosts-prod';

  beforeAll(async () => {
    site = await TestSite.make('production-test', 'v1.36.4');
    const folder = dirname(site.checkout.root);
    git = await GitMachine.start(site, folder);
    forge = await TestForge.start(await site.network('Gateway'));
    for (const [name, value] of Object.entries(git.env)) vi.stubEnv(name, value);
    checkout = gitIn(site.checkout.root);
    other = await TestRegistry.start(await ensureProgram('registry', () => {}));
    vi.stubEnv('PLINTH_PUBLISH_REGISTRY', `registry.prod.localhost=${other.url}`);
    vi.stubEnv('DOCKER_CONFIG', folder);
    vi.stubEnv('REGISTRY_AUTH_FILE', join(folder, 'auth.json'));
  });

  afterAll(async () => {
    project?.close();
    await other?.stop();
    await git?.stop();
    await forge?.stop();
    await site?.remove();
    vi.unstubAllEnvs();
  });

  const source = () => ({ kind: 'git', url: git.url, secret: 'deploy-key' }) as const;
  const commit = async (message: string): Promise<void> => {
    await checkout(['add', '--all']);
    await checkout(['commit', '--quiet', '-m', message]);
  };
  /** Commits, and brings main up to date on both sides. */
  const push = async (message: string): Promise<void> => {
    await commit(message);
    await checkout(['fetch', '--quiet', git.url, 'main']);
    await checkout(['rebase', '--quiet', 'FETCH_HEAD']);
    await checkout(['push', '--quiet', git.url, 'HEAD:main']);
  };
  const good = async (script: string, ...args: string[]): Promise<string> => {
    const ended = await site.checkout.npm(script, ...args);
    expect(ended.exitCode, `${ended.stdout}\n${ended.stderr}`).toBe(0);
    return ended.stdout;
  };
  const published = async (of = environment, at = 'main') =>
    readPublished(of, await git.git(`show ${at}:clusters/${of}/images.yaml`));
  const title = (to: string) =>
    site.checkout.edit(page, (text) => text.replace(/<h1>.*?Plinth[^$]*/, `<h1>\${mark()}Plinth ${to}`));
  /** The page of a host, or the error if there is none. */
  const seen = async (host: string): Promise<string> =>
    visit(await at(host)).then(({ body }) => body, String);
  const at = async (host: string): Promise<GatewayAddress> => ({
    host: `${host}.hosts.localhost`,
    address: site.addressOf('worker-1'),
    port: nodePorts.https,
    roots: await gatewayRoots(clientFrom(site.kubeconfig, environment)),
  });
  /** Without those that end, such as the pods of the version before. */
  const lasting =
    '{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}{{"\\n"}}{{end}}{{end}}';
  const podsOf = async (app: string, ...options: string[]) => {
    const format = `--output=go-template=${lasting}`;
    const names = await site.kubectl('get', 'pods', '--namespace', app, format, ...options);
    return names.trim().split('\n').sort();
  };

  /** As docs/delivery.md says: by hand, once the namespace is there. */
  const giveSecretToReceiver = async (): Promise<void> => {
    const namespaces = () => site.kubectl('get', 'namespaces', '--output=name');
    await expect.poll(namespaces, longest).toContain('namespace/receiver\n');
    const keys = [
      `--from-literal=webhook-secret=${forge.secret}`,
      `--from-literal=status-token=${forge.token}`,
    ];
    await site.kubectl('create', 'secret', 'generic', 'forge', '--namespace=receiver', ...keys);
  };
  /** The last request that Flux has handled, and the revision that it has read. */
  const readRequest = async () => {
    const path = '{.status.lastHandledReconcileAt} {.status.artifact.revision}';
    const object = ['gitrepositories.source.toolkit.fluxcd.io', 'platform', '--namespace=flux-system'];
    const text = await site.kubectl('get', ...object, `--output=jsonpath=${path}`);
    const [handled = '', revision = ''] = text.split(' ');
    return { handled, revision };
  };

  it('is made of machines by pulumi up, and read by Flux with a deploy key', async () => {
    await ensurePulumi();
    await site.add('control-1', 'control-plane');
    await site.add('worker-1', 'worker');
    await site.describe({
      source: {
        ...source(),
        forge: { kind: 'gitea', api: forge.api, receiver: { secret: 'forge', status: true } },
      },
      apps: { home: null, jobs: null, orders: null },
      previews: { max: 2, lifetime: '1d' },
    });
    const rendered = await renderEnvironment(site.checkout.root, environment);
    const needed = rendered.environment.operators.flatMap(({ images, crds }) => [...images, ...crds]);
    await supply([...needed, 'postgresql'], { engine: site.engine, report: console.log });
    await site.lockMirror();
    await good('render');
    await checkout(['init', '--quiet', '--initial-branch=main']);
    // It is a link here, which .gitignore does not mean.
    await writeFile(join(site.checkout.root, '.git/info/exclude'), 'node_modules\n');
    await commit('Begin');
    await checkout(['push', '--quiet', git.url, 'HEAD:main']);
    await site.timed('two machines to two Ready nodes', () => site.nodes('apply'));
    const env = { ...site.checkout.env, ...git.env, SSH_AUTH_SOCK: await site.sshAgent() };
    const stack = await Project.at(dirname(site.checkout.root), env);
    project = stack;
    await stack.pulumi('stack', 'init', environment);
    const up = await site.timed('pulumi up', () => stack.pulumi('up', '-s', environment, '--yes'));
    expect(up.exitCode, said(up)).toBe(0);
  });

  it('runs its apps by digest after the first publish, from a signed commit', async () => {
    await site.timed('publish, three apps', () => good('publish', environment));
    await site.timed('from publish to a page', () =>
      expect.poll(() => seen('home'), longest).toContain('<h1>'),
    );
    await giveSecretToReceiver();
    const images = (await published())?.apps;
    const path = '{range .items[*]}{.spec.template.spec.containers[0].image}{"\\n"}{end}';
    // The page can answer from the images of the first commit, which has no digests; Flux reads the next one within a minute.
    const running = () => site.kubectl('get', 'deployments', '-A', `--output=jsonpath=${path}`);
    for (const app of ['home', 'jobs', 'orders'])
      await expect
        .poll(running, longest)
        .toContain(
          `registry.hosts.localhost/${app}:${images?.[app]?.image?.tag}@${images?.[app]?.image?.digest}`,
        );
    await readyKustomizations(site.kubeconfig);
    await checkout(['fetch', '--quiet', git.url, 'main']);
    await checkout(['verify-commit', 'FETCH_HEAD']);
  });

  it('replaces the pods of the app that a publication changes, and no others', async () => {
    const [jobs, orders] = [await podsOf('jobs'), await podsOf('orders')];
    await title('second');
    await push('A second title');
    await good('publish', environment);
    await site.timed('from publish to a changed page', () =>
      expect.poll(() => seen('home'), longest).toContain('Plinth second'),
    );
    expect(await podsOf('jobs')).toEqual(jobs);
    expect(await podsOf('orders')).toEqual(orders);
  });

  it('reads a push as soon as the forge tells of it, and the forge shows that it runs', async () => {
    await site.checkout.edit('README.md', (text) => `${text}\n`);
    await push('A push of which the forge tells');
    const head = (await git.git('rev-parse main')).trim();
    expect(await forge.tell(await at('hooks'), 'not the secret of the webhook')).toBe(403);
    const { handled: before } = await readRequest();
    expect(await forge.tell(await at('hooks'))).toBe(202);
    const readAgain = async () => {
      const { handled, revision } = await readRequest();
      return handled === before ? 'not asked yet' : revision;
    };
    await expect.poll(readAgain, longest).toBe(`main@sha1:${head}`);
    await expect
      .poll(() => forge.statuses(head).at(-1), longest)
      .toMatchObject({ context: `plinth/${environment}`, state: 'success' });
  });

  it('shows two pull requests at hosts of their own, one with a database of its own', async () => {
    await checkout(['checkout', '--quiet', '-b', 'title']);
    await title('twelve');
    await commit('Title of request 12');
    await site.timed('preview open, one app', () => good('preview', 'open', environment, '--pr', '12'));
    await checkout(['checkout', '--quiet', '-b', 'both', 'main']);
    await title('thirteen');
    await commit('Title of request 13');
    await good('preview', 'open', environment, '--pr', '13', '--app', 'home', '--app', 'orders');
    await checkout(['checkout', '--quiet', '-b', 'third', 'main']);
    await title('fourteen');
    await commit('Title of request 14');
    const third = await site.checkout.npm('preview', 'open', environment, '--pr', '14');
    expect(third.exitCode).toBe(1);
    expect(third.stderr).toContain('previews.max');
    await checkout(['checkout', '--quiet', 'main']);
    await site.timed('from preview open to two pages', async () => {
      await expect.poll(() => seen('pr-12-home'), longest).toContain('Plinth twelve');
      await expect.poll(() => seen('pr-13-home'), longest).toContain('Plinth thirteen');
    });
    await site.timed('from preview open to an app with its own database', () =>
      expect
        .poll(
          async () => (await podsOf('pr-13-orders', '--field-selector=status.phase=Running')).join(),
          longest,
        )
        .toMatch(/\bpr-13-orders-[0-9a-f]+-\w{5}\b/),
    );
    await readyKustomizations(site.kubeconfig);
    const databases = await site.kubectl('get', 'clusters.postgresql.cnpg.io', '-A', '--output=name');
    expect(databases).toContain('pr-13-orders');
    expect(await seen('home')).toContain('Plinth second');
  });

  it('removes the namespaces and the database of a preview that is closed', async () => {
    await good('preview', 'close', environment, '--pr', '13');
    const left = async () => site.kubectl('get', 'namespaces', '--output=name');
    await site.timed('from preview close to nothing', () =>
      expect.poll(left, longest).not.toContain('pr-13-'),
    );
    expect(await seen('pr-12-home')).toContain('Plinth twelve');
  });

  it('proposes what it runs for another environment as a branch, with the same digest there', async () => {
    const path = join(site.checkout.root, 'clusters', environment, 'cluster.yaml');
    const { previews: _, ...cluster } = parse(await readFile(path, 'utf8'));
    await mkdir(join(site.checkout.root, 'clusters', prod), { recursive: true });
    // Nothing is ever sent there.
    const nodes = [{ name: 'control-1', role: 'control-plane', address: '192.0.2.1' }];
    const other = { name: `production-${prod}`, domain: 'prod.localhost', nodes, source: source() };
    const text = stringify({ ...cluster, ...other });
    await writeFile(join(site.checkout.root, 'clusters', prod, 'cluster.yaml'), text);
    await push('Another environment');
    await good('publish', environment);
    const digest = (await published())?.apps.home?.image?.digest ?? '';
    await good('promote', 'home', environment, prod);
    const branch = `promote/home/${prod}/${digest.slice(7, 19)}`;
    expect((await published(prod, branch))?.apps.home?.image?.digest).toBe(digest);
  });

  it('goes back to the version before with one commit, and holds it against later publications', async () => {
    const count = async () => Number(await git.git('rev-list --count main'));
    const before = await count();
    await good('rollback', 'home', '--env', environment);
    expect(await count()).toBe(before + 1);
    await site.timed('from rollback to the page before', () =>
      expect.poll(() => seen('home'), longest).not.toContain('Plinth second'),
    );
    await title('third');
    await push('A third title');
    await good('publish', environment);
    expect((await published())?.apps.home?.hold).toBeDefined();
    await good('publish', environment, '--release-hold');
    await expect.poll(() => seen('home'), longest).toContain('Plinth third');
  });

  it('refuses a repository whose history was rewritten, until somebody accepts it', async () => {
    await git.git('update-ref refs/heads/main main~1');
    await checkout(['fetch', '--quiet', git.url, 'main']);
    const refused = await site.checkout.npm('publish', environment);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('rewritten');
    await good('publish', environment, '--accept-rewritten', '--release-hold');
    await expect.poll(() => seen('home'), longest).toContain('Plinth third');
    await readyKustomizations(site.kubeconfig);
  });
});
