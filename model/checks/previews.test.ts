import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { appFile, type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const file = 'clusters/dev/previews.yaml';
const image = { tag: 'abc123', digest: `sha256:${'a'.repeat(64)}`, source: 'c'.repeat(40) };

const catalog = {
  name: 'catalog',
  summary: 'What there is to buy.',
  image: { ref: 'docker.io/example/catalog:2.1.0' },
  ports: { api: { port: 9000 } },
  probes: { ready: { path: '/', port: 'api' } },
  resources: { cpu: '10m', memory: '64Mi' },
};

const shop = {
  name: 'shop',
  summary: 'Sells what the catalog holds.',
  image: { build: '.' },
  ports: { http: { port: 8080 } },
  env: { CATALOG: 'http://catalog.catalog.svc:9000', OTHER: 'http://my-catalog.catalog.svc' },
  probes: { ready: { path: '/readyz', port: 'http' } },
  resources: { cpu: '50m', memory: '128Mi' },
  exposes: { port: 'http', host: 'buy', hosts: ['www'] },
  objective: { success: 99.5, within: '500ms' },
  uses: [{ kind: 'app', app: 'catalog', port: 'api' }] as object[],
};

type Apps = Record<string, object>;

/** A preview of the shop as the fixture has it, with some of its fields changed. */
function preview(request: number, apps: Apps = { shop: { description: shop, image } }): object {
  return {
    request,
    source: 'd'.repeat(40),
    expires: '2026-01-08T12:00:00Z',
    by: 'Ann <ann@example.org>',
    apps,
  };
}

const shopWith = (more: object): Apps => ({ shop: { description: { ...shop, ...more }, image } });

const write = (...previews: object[]): Edit => [file, stringify({ previews })];

const takes: Edit = ['clusters/dev/cluster.yaml', 'apps:\n', 'previews: { max: 2 }\napps:\n'];

function dev(edits: Edit[]) {
  return withEdits([takes, ...edits], async (root) => {
    const { environments, diagnostics } = await loadGraph(root);
    return {
      apps: environments.find(({ name }) => name === 'dev')?.apps ?? [],
      diagnostics: diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)),
    };
  });
}

describe('a preview', () => {
  it('runs beside its app, under its own name and host name, with the image of its pull request, one pod', async () => {
    const { apps, diagnostics } = await dev([write(preview(12))]);
    expect(diagnostics).toEqual([]);
    expect(apps.map(({ name }) => name)).toEqual(['catalog', 'pr-12-shop', 'shop']);
    const made = apps.find(({ name }) => name === 'pr-12-shop');
    expect(made).toMatchObject({
      imageRef: `registry.dev.localhost/shop:abc123@${image.digest}`,
      builds: [],
      host: 'pr-12-buy.dev.localhost',
      hosts: ['pr-12-buy.dev.localhost'],
      replicas: 1,
      preview: { name: 'pr-12', of: 'shop' },
    });
    expect(made?.objective).toBeUndefined();
    const own = apps.find(({ name }) => name === 'shop');
    expect(own).toMatchObject({ host: 'shop.dev.localhost' });
    expect(own?.preview).toBeUndefined();
  });

  it('uses the apps of its own preview, and of the environment where it has none; addresses follow', async () => {
    const both = { shop: { description: shop, image }, catalog: { description: catalog } };
    const { apps, diagnostics } = await dev([write(preview(7, both), preview(12))]);
    expect(diagnostics).toEqual([]);
    const of = (name: string) => apps.find((app) => app.name === name);
    expect(of('pr-7-shop')?.uses).toEqual([{ kind: 'app', app: 'pr-7-catalog', port: 'api' }]);
    expect(of('pr-12-shop')?.uses).toEqual([{ kind: 'app', app: 'catalog', port: 'api' }]);
    expect(of('pr-7-shop')?.env).toMatchObject({
      CATALOG: 'http://pr-7-catalog.pr-7-catalog.svc:9000',
      OTHER: 'http://my-catalog.catalog.svc',
    });
    expect(of('pr-12-shop')?.env.CATALOG).toBe('http://catalog.catalog.svc:9000');
    // What cluster.yaml says of the app is said of its previews too.
    expect(of('pr-12-shop')?.env.GREETING).toBe('hello from dev');
  });

  it('carries the files that its pull request mounts', async () => {
    const files = [{ path: 'files/a.conf', text: 'a\n' }];
    const { apps } = await dev([
      write(
        preview(12, {
          shop: { description: { ...shop, files: { '/etc/a.conf': 'files/a.conf' } }, image, files },
        }),
      ),
    ]);
    expect(apps.find(({ name }) => name === 'pr-12-shop')?.fileContents).toEqual(files);
  });
});

const kubernetes = (resources: string[]) => ({
  kind: 'kubernetes',
  reason: 'It shows what runs here.',
  rules: [{ apiGroups: [''], resources, verbs: ['list'] }],
});

describe('a preview is refused with its place:', () => {
  it.each<[string, string, Edit[]]>([
    [
      'where the environment takes none',
      'the preview of pull request 12 would run in dev, which takes none',
      [write(preview(12)), ['clusters/dev/cluster.yaml', 'previews: { max: 2 }\n', '']],
    ],
    [
      'where there are more than cluster.yaml allows',
      '3 previews would run in dev',
      [write(preview(1), preview(2), preview(3))],
    ],
    [
      'where it stands there twice',
      'pull request 12 has a second preview',
      [write(preview(12), preview(12))],
    ],
    [
      'in production',
      'would run in prod, which is production',
      [
        ['clusters/prod/previews.yaml', stringify({ previews: [preview(12)] })],
        ['clusters/prod/cluster.yaml', 'name: shop-prod', 'name: shop-prod\nproduction: true'],
      ],
    ],
    [
      'where an image has no digest',
      "has no image of 'shop'",
      [write(preview(12, { shop: { description: shop } }))],
    ],
    [
      'where its name is too long',
      "'pr-1234567-shop-of-a-very-long-long-name-here' cannot be the name",
      [
        write(
          preview(1234567, {
            'shop-of-a-very-long-long-name-here': {
              description: { ...shop, name: 'shop-of-a-very-long-long-name-here' },
              image,
            },
          }),
        ),
      ],
    ],
    [
      'where the description has another name than its folder',
      "the name is 'other'",
      [write(preview(12, shopWith({ name: 'other' })))],
    ],
    [
      'where it reaches an app that its app does not',
      "'shop' uses the port 'http' of 'stock'",
      [
        write(preview(12, shopWith({ uses: [{ kind: 'app', app: 'stock', port: 'http' }] }))),
        ['apps/stock/app.ts', appFile('stock')],
        ['clusters/dev/cluster.yaml', 'apps:\n', 'apps:\n  stock:\n'],
      ],
    ],
    [
      'where it writes to a database of the environment',
      "'shop' uses the database of 'stock' as read-write",
      [write(preview(12, shopWith({ uses: [{ kind: 'database', of: 'stock', as: 'read-write' }] })))],
    ],
    [
      'where it reads a database that its app does not',
      "'shop' reads the database of 'stock'",
      [write(preview(12, shopWith({ uses: [{ kind: 'database', of: 'stock', as: 'read-only' }] })))],
    ],
    [
      'where it has rights at the Kubernetes API that its app has not',
      "'shop' uses kubernetes in another way",
      [write(preview(12, shopWith({ uses: [kubernetes(['secrets'])] })))],
    ],
    [
      'where it reaches hosts that its app does not',
      "'shop' uses internet in another way",
      [write(preview(12, shopWith({ uses: [{ kind: 'internet', hosts: ['api.example.net'] }] })))],
    ],
    [
      'where it reads a secret of the environment',
      "'shop' uses the secret 'stripe'",
      [write(preview(12, shopWith({ uses: [{ kind: 'secret', name: 'stripe', keys: ['KEY'] }] })))],
    ],
    ['where it sends mail', "'shop' uses mail", [write(preview(12, shopWith({ uses: [{ kind: 'mail' }] })))]],
    [
      'where it brings objects of its own',
      "'shop' brings objects of its own, more.yaml",
      [write(preview(12, shopWith({ extra: ['more.yaml'] })))],
    ],
    [
      'where it is excepted from a rule as its app is not',
      "'shop' has the exception low-port",
      [
        write(
          preview(
            12,
            shopWith({ exceptions: [{ rule: 'low-port', reason: 'It wants to be found there.' }] }),
          ),
        ),
      ],
    ],
    [
      'where its description does not fit the schema',
      "unknown key 'colour'",
      [write(preview(12, shopWith({ colour: 'red' })))],
    ],
    [
      'where a field of its description leads nowhere',
      "'catalog' has no port 'grpc'",
      [
        write(preview(12, shopWith({ uses: [{ kind: 'app', app: 'catalog', port: 'grpc' }] }))),
        ['apps/shop/app.ts', "port: 'api'", "port: 'grpc'"],
      ],
    ],
  ])('%s', async (_, says, edits) => {
    const { diagnostics } = await dev(edits);
    const found = diagnostics.find((diagnostic) => diagnostic.includes(says));
    expect(found ?? diagnostics.join('\n')).toContain(says);
    expect(diagnostics.join('\n')).toMatch(/clusters\/(dev|prod)\/previews\.yaml:\d+:\d+/);
  });

  it('but not for the rights that its app has too', async () => {
    const uses = [kubernetes(['pods']), { kind: 'app', app: 'catalog', port: 'api' }];
    const { diagnostics } = await dev([
      write(preview(12, shopWith({ uses }))),
      ['apps/shop/app.ts', 'uses: [', `uses: [${JSON.stringify(kubernetes(['pods']))}, `],
    ]);
    expect(diagnostics).toEqual([]);
  });
});

it('no app can have the name of a preview', async () => {
  const { diagnostics } = await dev([
    ['apps/pr-1-shop/app.ts', appFile('pr-1-shop')],
    ['clusters/dev/cluster.yaml', 'apps:\n', 'apps:\n  pr-1-shop:\n'],
  ]);
  expect(diagnostics.join()).toContain("'pr-1-shop' is the name of an app in the preview of a pull request");
});
