import { expect, it } from 'vitest';
import { goProxies, zipAddress } from './module-proxy.ts';

it.each([
  ['https://proxy.golang.org,direct', ['https://proxy.golang.org']],
  [
    'https://one.example.org/go/,https://two.example.org|direct',
    ['https://one.example.org/go', 'https://two.example.org'],
  ],
  ['https://one.example.org,off,https://two.example.org', ['https://one.example.org']],
  ['file:///var/modules', ['file:///var/modules']],
])('GOPROXY=%s uses %j', (goproxy, urls) => {
  expect(goProxies(goproxy).map(({ url }) => url)).toEqual(urls);
});

it('uses the next proxy after any failure with a bar, and with a comma only if the module is missing', () => {
  expect(goProxies('https://one.example.org|https://two.example.org,direct')).toEqual([
    { url: 'https://one.example.org', next: 'after any failure' },
    { url: 'https://two.example.org', next: 'where it has none' },
  ]);
});

it.each(['off', 'direct', 'direct,https://proxy.golang.org'])('GOPROXY=%s names no proxy', (goproxy) => {
  expect(() => goProxies(goproxy)).toThrow(`GOPROXY is '${goproxy}', which names no module proxy`);
});

it('refuses a word that is no address', () => {
  expect(() => goProxies('proxy.example.org')).toThrow("'proxy.example.org' is no address. Write https://");
});

it("writes a module's capital letters as the protocol requires", () => {
  expect(zipAddress('https://p.example.org', 'github.com/BurntSushi/toml', 'v1.0.0')).toBe(
    'https://p.example.org/github.com/!burnt!sushi/toml/@v/v1.0.0.zip',
  );
});
