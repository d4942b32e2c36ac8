import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderAll } from '../../scripts/render/render.ts';
import { appFile, type Edit, platformCluster, withPlatform } from '../model/fixture.ts';

/** The rendered files of an app with a database, which keep every rule. */
async function rendered(database: string): Promise<ReadonlyMap<string, string>> {
  const edits: Edit[] = [
    [
      'apps/shop/app.ts',
      appFile(
        'shop',
        `database: ${database}, identity: { reload: 'files' },
  uses: [{ kind: 'database', of: 'shop', as: 'read-write' }],`,
      ),
    ],
    ['apps/shop/migrations/Dockerfile', 'FROM scratch\n'],
    ['clusters/dev/cluster.yaml', platformCluster('apps: { shop: }')],
  ];
  return withPlatform(edits, async (root) => (await renderAll(root)).files);
}

const after = (files: ReadonlyMap<string, string>, start: string) => {
  const path = [...files.keys()].find((each) => each.startsWith(`manifests/dev/${start}`)) ?? '';
  return parse(files.get(path) ?? '').metadata.annotations['plinth.io/after'];
};

it('extensions are created before the migrations run, and Flux waits for them', async () => {
  const files = await rendered(
    "{ storage: '1Gi', extensions: ['pgcrypto', 'uuid-ossp'], migrations: { build: './migrations' } }",
  );
  expect(parse(files.get('manifests/dev/shop-db/database-shop-db.yaml') ?? '').spec).toEqual({
    cluster: { name: 'shop-db' },
    name: 'shop',
    owner: 'shop_owner',
    databaseReclaimPolicy: 'retain',
    extensions: [
      { name: 'pgcrypto', ensure: 'present' },
      { name: 'uuid-ossp', ensure: 'present' },
    ],
  });
  expect(after(files, 'shop-migrations/job-')).toBe('Database shop/shop-db');
  expect(after(files, 'shop/deployment-')).toMatch(/^Job shop\/shop-migrations-/);
  const sync = parse(files.get('manifests/dev/flux-sync/kustomization-shop-db.yaml') ?? '');
  expect(JSON.stringify(sync.spec.healthCheckExprs)).toContain('status.applied');
});

it('without migrations the app itself waits for them, and without extensions for the database', async () => {
  expect(after(await rendered("{ storage: '1Gi', extensions: ['citext'] }"), 'shop/deployment-')).toBe(
    'Database shop/shop-db',
  );
  const plain = await rendered("{ storage: '1Gi' }");
  expect(after(plain, 'shop/deployment-')).toBe('Cluster shop/shop-db');
  expect([...plain.keys()].filter((path) => path.includes('database-shop-db'))).toEqual([]);
});
