import { expect, it } from 'vitest';
import { environment } from '../../test/charts/fixture.ts';
import { imageRef } from './image.ts';

const digest = `sha256:${'a'.repeat(64)}`;

it('has the digest after the tag if the lock file has it', () => {
  const env = environment();
  env.lock.images = {
    known: { ref: 'docker.io/library/known:1', digest },
    unknown: { ref: 'docker.io/library/unknown:1' },
  };
  expect(imageRef(env, 'known')).toBe(`docker.io/library/known:1@${digest}`);
  expect(imageRef(env, 'unknown')).toBe('docker.io/library/unknown:1');
  expect(() => imageRef(env, 'none')).toThrow("images/lock.yaml has no image 'none': add it under 'images'");
});
