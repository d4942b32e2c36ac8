import type { Engine } from './engine.ts';

/**
 * What `build` needs in its environment beside the engine's own. BuildKit, where the client has what it takes, by the builder
 * that finds base images in the engine's own store, whatever builder a person has chosen; else Docker's classic builder, which
 * clients up to version 22 and those without buildx have. Podman has one builder, which asks for nothing.
 */
export function buildEnvironment({ info }: Pick<Engine, 'info'>): Record<string, string> {
  if (info.name === 'podman') return {};
  return info.buildx ? { DOCKER_BUILDKIT: '1', BUILDX_BUILDER: info.context } : { DOCKER_BUILDKIT: '0' };
}
