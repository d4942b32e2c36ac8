import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegistryAnswer } from './ask-registry.ts';
import { decideSupply, type RememberedSupply } from './decision.ts';

const registry = (host: string): RegistryAnswer => ({ host, kind: 'registry', said: '401' });
const page = (host: string): RegistryAnswer => ({ host, kind: 'other', said: '200 with text/html' });
const silent = (host: string): RegistryAnswer => ({ host, kind: 'silent', said: 'no answer in 10 s' });
const built: RememberedSupply = { mode: 'build', chosen: false, at: '2026-11-01T10:00:00.000Z' };

describe('decideSupply', () => {
  it('pulls if every registry answers', () => {
    expect(decideSupply([registry('docker.io'), registry('ghcr.io')], [])).toEqual({
      mode: 'pull',
      text: 'pulled, about 2 GB once: docker.io and ghcr.io answer. To build instead: PLINTH_SUPPLY=build',
    });
  });

  it('builds if no registry answers and the machine can build', () => {
    expect(decideSupply([silent('docker.io')], [])).toEqual({
      mode: 'build',
      text:
        'built here, 20 to 40 minutes on two cores and 17 GB on the disk while it runs, once: no image registry ' +
        'answers (docker.io: no answer in 10 s). To pull instead: PLINTH_SUPPLY=pull',
    });
  });

  it('lists the missing tools if no registry answers and the machine cannot build', () => {
    expect(decideSupply([silent('docker.io')], ['root', 'Go (https://go.dev/dl)'])).toEqual({
      mode: 'impossible',
      text:
        'no image registry answers (docker.io: no answer in 10 s), and to build images this machine lacks root, ' +
        'Go (https://go.dev/dl). Connect it to the internet (behind a proxy: export HTTPS_PROXY=http://HOST:PORT), or ' +
        'set a mirror of the registries: export PLINTH_REGISTRY_MIRROR=HOST',
    });
  });

  it('decides nothing if a web page answers instead, and lists the choices', () => {
    expect(decideSupply([page('docker.io'), page('ghcr.io')], ['root'])).toEqual({
      mode: 'undecided',
      text:
        'no image registry answers as one (docker.io: 200 with text/html; ghcr.io: 200 with text/html), so nothing ' +
        'starts. Networks with a sign-in page and some proxies answer so. To pull anyway: PLINTH_SUPPLY=pull. To use ' +
        'your own mirror: PLINTH_REGISTRY_MIRROR. To build everything here, 20 to 40 minutes on two cores and 17 GB on ' +
        'the disk while it runs, once, for which this machine lacks root: PLINTH_SUPPLY=build',
    });
  });

  it('decides nothing if one of several registries does not answer', () => {
    const { mode, text } = decideSupply([registry('docker.io'), silent('ghcr.io')], []);
    expect(mode).toBe('undecided');
    expect(text).toContain('only docker.io answers as an image registry (ghcr.io: no answer in 10 s)');
  });

  it('continues an earlier build until every registry answers, then pulls', () => {
    expect(decideSupply([page('docker.io')], [], built).text).toBe(
      'built here, as since 2026-11-01 (docker.io: 200 with text/html). To pull instead: PLINTH_SUPPLY=pull',
    );
    expect(decideSupply([registry('docker.io')], [], built).mode).toBe('pull');
  });

  it('on a new machine builds only if no registry answers, and pulls only if all do', () => {
    const answer = fc.record({
      host: fc.constantFrom('docker.io', 'ghcr.io', 'quay.io'),
      kind: fc.constantFrom('registry' as const, 'other' as const, 'silent' as const),
      said: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1 }), fc.boolean(), (answers, able) => {
        const { mode } = decideSupply(answers, able ? [] : ['root']);
        const all = (kind: string): boolean => answers.every((one) => one.kind === kind);
        expect(mode === 'pull').toBe(all('registry'));
        expect(mode === 'build').toBe(all('silent') && able);
        expect(mode === 'impossible').toBe(all('silent') && !able);
      }),
    );
  });
});
