import type { Engine } from './engine.ts';

/**
 * Further environment variables of `build`. If the client has buildx, they select BuildKit with the engine's own builder, which finds base
 * images in the engine's store, even if the user selected another one. Otherwise they select Docker's classic builder, which clients
 * up to version 22 and those without buildx have. Podman has one builder and needs none.
 */
export function buildEnvironment({ info }: Pick<Engine, 'info'>): Record<string, string> {
  if (info.name === 'podman') return {};
  return info.buildx ? { DOCKER_BUILDKIT: '1', BUILDX_BUILDER: info.context } : { DOCKER_BUILDKIT: '0' };
}
