import { describe, expect, it } from 'vitest';
import { ImageStore } from '../../images/oci/index.ts';
import type { PublishedImages } from '../../model/schema/published-images.ts';
import type { BuiltImage } from '../app-images/app-images.ts';
import { planOf, withVersions } from './plan.ts';

const source = 'a'.repeat(40);
const image = (tag: string) => ({ tag, digest: `sha256:${tag.padEnd(64, '0')}`, source });
const built = (app: string, tag: string): BuiltImage => ({
  app,
  name: app,
  kind: 'image',
  folder: `apps/${app}`,
  bundle: undefined,
  buildArgs: {},
  secrets: [],
  ref: `registry.example.org/${app}:${tag}`,
  kept: { store: new ImageStore('/nowhere'), path: `registry.example.org/${app}`, tag },
});
const published: PublishedImages = {
  source,
  apps: {
    changed: { image: image('a1'), before: [] },
    held: { image: image('b1'), before: [], hold: { left: [{ image: image('b2') }], by: 'Ann' } },
    same: { image: image('c1'), before: [] },
  },
};
const images = [built('changed', 'a2'), built('held', 'b3'), built('new', 'd1'), built('same', 'c1')];
const steps = (options: { app?: string; releaseHold?: boolean }) =>
  Object.fromEntries(
    planOf(images, published, { environment: 'prod', releaseHold: false, ...options }).map(
      ({ app, step }) => [app, step],
    ),
  );

describe('a publication', () => {
  it('moves changed and new apps, and skips held and unchanged ones', () => {
    expect(steps({})).toEqual({ changed: 'moves', held: 'held', new: 'moves', same: 'same' });
  });

  it('moves held apps with --release-hold', () => {
    expect(steps({ releaseHold: true }).held).toBe('moves');
  });

  it('of one app skips all others', () => {
    expect(steps({ app: 'new' })).toEqual({ changed: 'left', held: 'left', new: 'moves', same: 'left' });
  });

  it('of a held app is refused, with the person who rolled back', () => {
    expect(() => steps({ app: 'held' })).toThrow('held is held in prod: Ann rolled it back from b2');
  });

  it('of an unknown app is refused, with the existing ones', () => {
    expect(() => steps({ app: 'nwe' })).toThrow(
      expect.objectContaining({ next: 'Name one of: changed, held, new, same' }),
    );
  });
});

it('an app that was rolled back meanwhile is not moved', () => {
  const options = { environment: 'prod', source, releaseHold: false };
  expect(() => withVersions(published, { held: { image: image('b3') } }, options)).toThrow('is held in prod');
});

it('records at most ten earlier versions', () => {
  let now: PublishedImages = { source, apps: {} };
  for (let n = 1; n <= 14; n++)
    now = withVersions(
      now,
      { shop: { image: image(`e${n}`) } },
      { environment: 'prod', source, releaseHold: false },
    );
  expect(now.apps.shop?.before.map((each) => each.image?.tag)).toEqual(
    Array.from({ length: 10 }, (_, n) => `e${13 - n}`),
  );
});
