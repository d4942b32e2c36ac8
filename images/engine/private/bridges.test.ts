import { execa } from 'execa';
import { expect, it } from 'vitest';

const module = new URL('./bridges.ts', import.meta.url).href;

/** Runs lines of JavaScript in a network namespace of their own and returns the links that are there afterwards. */
async function linksAfter(script: string): Promise<string[]> {
  const lines = [
    `import { execa } from ${JSON.stringify(import.meta.resolve('execa'))};`,
    `import { bridgesIn, ensureBridge, unplugAll } from ${JSON.stringify(module)};`,
    "const ip = (...args) => execa('ip', args);",
    script,
    "console.log((await ip('-brief', 'link')).stdout);",
  ];
  const { stdout } = await execa('unshare', [
    ...['--net', process.execPath, '--input-type=module', '--eval'],
    lines.join('\n'),
  ]);
  return stdout.split('\n').map((line) => line.split(/[\s@]/)[0] ?? '');
}

it.skipIf(process.getuid?.() !== 0)('unplugs what is left in our own bridges, and in no other', async () => {
  const links = await linksAfter(`
    await ensureBridge('ours', '10.213.0.1/24');
    await ensureBridge('theirs', '10.1.0.1/24');
    for (const [link, bridge] of [['left', 'ours'], ['used', 'theirs']]) {
      await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', link + '-peer');
      await ip('link', 'set', link, 'master', bridge);
    }
    await unplugAll(await bridgesIn({ address: 10 * 2 ** 24 + 213 * 2 ** 16, prefix: 16 }, 'ours'));
  `);
  expect(links).toEqual(expect.arrayContaining(['ours', 'theirs', 'used', 'used-peer']));
  expect(links.filter((link) => link.startsWith('left'))).toEqual([]);
});
