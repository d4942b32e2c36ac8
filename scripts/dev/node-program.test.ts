import { expect, it } from 'vitest';
import { appFile, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { renderAll } from '../render/render.ts';
import { programOf } from './node-program.ts';

const from = (dockerfile: string, more = '', script = 'src/server.ts') =>
  withPlatform(
    [
      ['apps/shop/app.ts', appFile('shop', `image: { build: '.' }, ${more}`)],
      ['apps/shop/Dockerfile', `FROM docker.io/library/node:24.21.0-bookworm-slim\n${dockerfile}\n`],
      [`apps/shop/${script}`, '\n'],
      ['clusters/dev/cluster.yaml', platformCluster('apps: { shop: }')],
    ],
    async (root) => {
      const { environments } = await renderAll(root, 'dev');
      const app = environments[0]?.apps[0];
      if (app === undefined) throw new Error('no app');
      return programOf(root, app);
    },
  );

it('is the program of the Dockerfile, with its flags', async () => {
  expect(await from('CMD ["node", "--enable-source-maps", "src/server.ts", "--colour"]')).toEqual({
    folder: 'apps/shop',
    flags: ['--enable-source-maps'],
    script: 'src/server.ts',
    args: ['--colour'],
  });
});

it('is the command of app.ts if it has one', async () => {
  expect(await from('CMD ["node", "other.ts"]', "command: ['node', 'src/server.ts'],")).toMatchObject({
    script: 'src/server.ts',
  });
});

it.each([
  ['CMD ["python3", "app.py"]', 'it runs python3 (python3 app.py)'],
  ['ENTRYPOINT /start', 'it runs nothing ()'],
  ['CMD ["node", "dist/server.mjs"]', 'apps/shop has no dist/server.mjs to start (node dist/server.mjs)'],
])('refuses a program that is not a Node program in the folder: %s', async (line, why) => {
  await expect(from(line)).rejects.toMatchObject({
    message: `npm run dev starts Node programs from their sources, and shop is not one: ${why}.`,
    next: 'Run it in the cluster: npm run deploy -- shop --watch',
  });
});
