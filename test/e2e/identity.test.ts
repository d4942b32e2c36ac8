import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityStory } from './identity/story.ts';
import { said, World, withTwoMoreApps } from './identity/world.ts';

/** What `npm test` does of identity on the cluster of its story, here alone on one of its own. */
describe('a cluster', () => {
  const world = new World();

  beforeAll(() => world.begin(withTwoMoreApps));
  afterAll(() => world.end());

  it('starts with authorities, roots, certificates and databases', async () => {
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
  });

  identityStory(world);
});
