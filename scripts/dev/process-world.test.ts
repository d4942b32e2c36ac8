import { expect, it } from 'vitest';
import { foldersOf, processWorld } from './process-world.ts';

const sources = {
  secret: async () => ({ 'tls.crt': Buffer.from('certificate'), password: Buffer.from('geheim') }),
  configMap: async () => ({ 'app.conf': Buffer.from('colour = red') }),
};
const world = (volumes: object[], mounts: object[], env: object[] = []) =>
  processWorld(
    { containers: [], automountServiceAccountToken: false, volumes: JSON.parse(JSON.stringify(volumes)) },
    JSON.parse(JSON.stringify({ name: 'a', volumeMounts: mounts, env })),
    { sources, folder: '/d' },
  );

it("has the container's files and variables, below its folder", async () => {
  const items = [{ key: 'tls.crt', path: 'tls.crt' }];
  const found = await world(
    [
      {
        name: 'identity',
        projected: { sources: [{ secret: { name: 's', items } }, { configMap: { name: 'c' } }] },
      },
      { name: 'files', configMap: { name: 'c' } },
      { name: 'tmp', emptyDir: {} },
    ],
    [
      { name: 'identity', mountPath: '/identity' },
      { name: 'files', mountPath: '/etc/app.conf', subPath: 'app.conf' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
    [
      { name: 'CERTIFICATE', value: '/identity/tls.crt' },
      { name: 'OTHER', value: '/identity-of-others' },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 's', key: 'password' } } },
    ],
  );
  expect(found.env).toEqual({
    CERTIFICATE: '/d/identity/tls.crt',
    OTHER: '/identity-of-others',
    PASSWORD: 'geheim',
  });
  expect([...found.files].map(([path, content]) => [path, content.toString()])).toEqual([
    ['/d/identity/tls.crt', 'certificate'],
    ['/d/identity/app.conf', 'colour = red'],
    ['/d/etc/app.conf', 'colour = red'],
  ]);
  expect(foldersOf(found)).toEqual(['/d/tmp', '/d/identity', '/d/etc']);
});

it.each([
  [
    'a token of its service account',
    { projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
    [],
  ],
  ["the data of its volume 'v'", { persistentVolumeClaim: { claimName: 'c' } }, []],
  [
    'the pod field in its variable POD',
    { emptyDir: {} },
    [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  ],
])('refuses things that only a pod has: %s', async (what, volume, env) => {
  const made = world([{ name: 'v', ...volume }], [{ name: 'v', mountPath: '/v' }], env);
  await expect(made).rejects.toThrow(`a cannot run outside of a pod: it needs ${what}.`);
});

it('refuses an app that calls the API server with its own account', async () => {
  const made = processWorld({ containers: [] }, { name: 'a' }, { sources, folder: '/d' });
  await expect(made).rejects.toThrow('it needs a token of its service account');
});

it('refuses a key that the cluster does not have', async () => {
  const items = [{ key: 'tls.key', path: 'tls.key' }];
  const made = world([{ name: 'v', secret: { secretName: 's', items } }], [{ name: 'v', mountPath: '/v' }]);
  await expect(made).rejects.toThrow("the cluster's objects have no 'tls.key'");
});
