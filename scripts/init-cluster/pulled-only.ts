import type { Environment } from '../../model/graph.ts';
import { Failure } from '../cli/failure.ts';

/**
 * Refuses to build the images of an environment if some of them can only be pulled, before an hour of builds.
 * @throws Failure with these images, and with the setting for another store of observability.
 */
export function refusePulledOnly(environment: Pick<Environment, 'name' | 'operators' | 'lock'>): void {
  const { name, operators, lock } = environment;
  const pulledOnly = operators.flatMap((operator) =>
    operator.images
      .map((image) => lock.images[image])
      .filter((image) => image !== undefined && image.build === undefined)
      .map((image) => ({ ref: image?.ref, store: operator.stores?.includes('light') === false })),
  );
  if (pulledOnly.length === 0) return;
  const refs = pulledOnly.map(({ ref }) => ref).join(', ');
  const lines = [
    'Pull: PLINTH_SUPPLY=pull npm run init-cluster, behind a mirror with PLINTH_REGISTRY_MIRROR=HOST.',
    ...(pulledOnly.every(({ store }) => store)
      ? [
          `Or write 'observability: { store: light }' in clusters/${name}/cluster.yaml, whose images can be built.`,
        ]
      : []),
  ];
  throw new Failure(
    `images are built on this machine, but these can only be pulled from their registry: ${refs}.`,
    lines.join('\n'),
  );
}
