import { expect, it } from 'vitest';
import type { Environment } from '../../model/graph.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { tagWarning } from './by-tag.ts';

const digest = `sha256:${'a'.repeat(64)}`;

/** An environment with these images of operators, and of an app. */
function withImages(images: Environment['lock']['images'], app: string): Environment {
  const made = environment({
    apps: [{ ...testApp({ name: 'shop' }), imageRef: app }],
    operators: [
      { name: 'monitor', summary: 'It monitors.', namespace: 'monitor', images: Object.keys(images) },
    ],
  });
  return { ...made, lock: { ...made.lock, images } };
}

it('names images by tag alone, those of the platform and those of apps, with what adds the digest', () => {
  const images = {
    known: { ref: 'docker.io/known/one:v1', digest },
    unknown: { ref: 'docker.io/prom/prometheus:v2' },
    own: { ref: 'registry.plinth.internal/plinth/trust-roots:1.0.0' },
  };
  expect(tagWarning(withImages(images, 'docker.io/library/nginx:1.29'))).toBe(
    '  warning: by tag alone, which its owner can change: docker.io/prom/prometheus:v2: npm run lock -- update adds the digest\n' +
      '  warning: by tag alone, which its owner can change: docker.io/library/nginx:1.29: write NAME:TAG@sha256:… in app.ts\n',
  );
});

it('says nothing where each image has a digest, or is built from a folder', () => {
  const images = { known: { ref: 'docker.io/known/one:v1', digest } };
  expect(tagWarning(withImages(images, `docker.io/library/nginx:1.29@${digest}`))).toBe('');
  const built = environment({ apps: [testApp({ name: 'shop', image: { build: '.' } })] });
  expect(tagWarning(built)).toBe('');
});
