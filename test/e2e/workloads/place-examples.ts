import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The examples that the story runs, as they are in `examples/`. If an image is upstream's, it is built here from a Dockerfile of `images/` with
 * the same program of Debian or of the lock file, since machines without a registry cannot pull it; `own` builds its own image anyway.
 */
export const examples = {
  broker: 'mosquitto',
  cache: 'redis',
  composed: 'nginx',
  counter: 'own',
  'durable-cache': 'redis',
  'front-door': 'nginx',
  'legacy-site': 'nginx',
  messages: 'nats',
  names: 'coredns',
  payments: 'own',
  'queue-worker': 'debian',
  sessions: 'memcached',
  site: 'nginx',
  storefront: 'own',
  'team-metrics': 'prometheus',
} as const;

/** Puts the examples, and what they share, among the apps of a checkout. */
export async function placeExamples(root: string): Promise<void> {
  await cp(join(root, 'examples', 'shared'), join(root, 'apps', 'shared'), { recursive: true });
  for (const [name, image] of Object.entries(examples)) {
    const folder = join(root, 'apps', name);
    await cp(join(root, 'examples', name), folder, { recursive: true });
    if (image === 'own') continue;
    await cp(join(import.meta.dirname, 'images', image), folder, { recursive: true });
    const file = join(folder, 'app.ts');
    await writeFile(file, builtHere(await readFile(file, 'utf8')));
  }
}

/** The image of the app is built from its folder, and steps and sidecars run in it too. */
function builtHere(text: string): string {
  return text
    .replaceAll(/^ {6}image: \{\n\s*ref: [^\n]*\n {6}\},\n/gm, '')
    .replace(/^ {2}image: \{\n\s*ref: [^\n]*\n {2}\},\n/m, "  image: { build: '.' },\n");
}
