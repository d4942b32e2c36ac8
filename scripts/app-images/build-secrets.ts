import { Failure } from '../cli/failure.ts';

/** Refuses to build where a variable that the build reads as a secret is not set. Values are in no message. */
export function checkBuildSecrets(
  image: string,
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): void {
  const missing = names.filter((name) => (env[name] ?? '') === '');
  const [first] = missing;
  if (first === undefined) return;
  throw new Failure(
    `the build of ${image} reads ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not set here.`,
    `Set it without leaving it in the shell's history: read -rs ${first} && export ${first}. In CI, take it from the secrets of the pipeline.`,
  );
}

/** One option each: BuildKit and Podman mount the value of the variable for the step that asks for it. */
export function secretArguments(names: readonly string[]): string[] {
  return names.flatMap((name) => ['--secret', `id=${name},env=${name}`]);
}
