import { buildEnvironment } from '../../images/engine/index.ts';
import type { Engine } from '../../images/index.ts';
import { dockerfileInstructions } from '../../model/schema/dockerfile.ts';
import { Failure } from '../cli/failure.ts';

/** Options that only BuildKit and Podman understand, by instruction ('Dockerfile reference'). */
const options: Readonly<Record<string, RegExp>> = {
  RUN: /^--(?:mount|network|security)\b/,
  COPY: /^--(?:link|chmod|parents|exclude)\b/,
  ADD: /^--(?:link|chmod|checksum|keep-git-dir|exclude|unpack)\b/,
};

/**
 * Refuses a Dockerfile that asks for more than the builder of an engine can do. Docker's classic builder, which is used if its client has
 * no buildx, knows neither mounts nor texts between `<<EOF` and `EOF`, and would name none of them in its message.
 */
export function checkBuilder(engine: Pick<Engine, 'info'>, file: string, dockerfile: string): void {
  if (buildEnvironment(engine).DOCKER_BUILDKIT !== '0') return;
  const wanted = buildKitOnly(dockerfile);
  if (wanted === undefined) return;
  throw new Failure(
    `${file} says ${wanted}, and the builder of this engine cannot do that: its client has no buildx.`,
    "Install Docker's plugin buildx (the package docker-buildx-plugin, or docker-buildx), or write the step without it.",
  );
}

/** The first thing in a Dockerfile that needs BuildKit, as it is written there; undefined if there is none. */
export function buildKitOnly(dockerfile: string): string | undefined {
  for (const { name, rest } of dockerfileInstructions(dockerfile)) {
    const words = rest.split(/\s+/);
    const found =
      words.find((word) => options[name]?.test(word)) ??
      (['RUN', 'COPY', 'ADD'].includes(name)
        ? words.find((word) => /^<<-?["']?[A-Za-z_]/.test(word))
        : undefined);
    if (found !== undefined) return `${name} ${found}`;
  }
  return undefined;
}
