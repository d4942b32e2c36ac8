import { afterEach, describe, expect, it, vi } from 'vitest';
import { placeOf, registryMirror } from './registry-place.ts';

const debian = { host: 'docker.io', path: 'library/debian' };
const flux = { host: 'ghcr.io', path: 'fluxcd/source-controller' };

afterEach(() => vi.unstubAllEnvs());

describe('placeOf', () => {
  it('is the registry itself, for Docker Hub registry-1.docker.io', () => {
    expect(placeOf(debian, '')).toEqual({
      host: 'docker.io',
      url: 'https://registry-1.docker.io',
      path: 'library/debian',
    });
    expect(placeOf(flux, '')).toEqual({ ...flux, url: 'https://ghcr.io' });
  });

  it("is a folder of the one mirror, below the mirror's own path", () => {
    expect(placeOf(debian, 'mirror.example.org')).toEqual({
      host: 'mirror.example.org',
      url: 'https://mirror.example.org',
      path: 'docker.io/library/debian',
    });
    expect(placeOf(flux, 'http://10.0.0.5:5000/all/')).toEqual({
      host: '10.0.0.5:5000',
      url: 'http://10.0.0.5:5000',
      path: 'all/ghcr.io/fluxcd/source-controller',
    });
  });

  it('is the mirror of the table, or the registry itself if the table lacks it', () => {
    const table = 'docker.io=mirror.example.org/hub, quay.io=mirror.example.org';
    expect(placeOf(debian, table)).toEqual({
      host: 'mirror.example.org',
      url: 'https://mirror.example.org',
      path: 'hub/library/debian',
    });
    expect(placeOf(flux, table)).toEqual({ ...flux, url: 'https://ghcr.io' });
  });

  it.each([
    'one.example.org,two.example.org',
    '=mirror.example.org',
    'docker.io=',
    'ftp://mirror.example.org',
    'https://someone:secret@mirror.example.org',
    'mirror.example.org/Hub?x=1',
    'docker.io=a=b',
  ])('refuses the invalid mirror %s', (text) => {
    expect(() => placeOf(debian, text)).toThrow(
      'set it to one mirror of all registries, such as mirror.example.org/prefix, or to a table',
    );
  });
});

describe('registryMirror', () => {
  it('is the mirror of cluster.yaml if PLINTH_REGISTRY_MIRROR is empty, and none without both', () => {
    vi.stubEnv('PLINTH_REGISTRY_MIRROR', '');
    expect(registryMirror('https://file.example.org')).toBe('https://file.example.org');
    expect(registryMirror()).toBe('');
  });

  it('is PLINTH_REGISTRY_MIRROR if both are set', () => {
    vi.stubEnv('PLINTH_REGISTRY_MIRROR', 'variable.example.org');
    expect(registryMirror('https://file.example.org')).toBe('variable.example.org');
  });
});
