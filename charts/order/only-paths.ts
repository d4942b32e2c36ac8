/**
 * The `ignore` of a Flux source that leaves nothing but these folders or files, in the format of .gitignore: what lies
 * in an excluded folder cannot be included again, so that every folder on the way is opened and emptied.
 */
export function onlyPaths(paths: string[]): string {
  const lines = new Set(['/*']);
  for (const path of paths) {
    const steps = path.split('/').filter((step) => step !== '' && step !== '.');
    for (let depth = 1; depth <= steps.length; depth++) {
      const here = `/${steps.slice(0, depth).join('/')}`;
      lines.add(`!${here}`);
      if (depth < steps.length) lines.add(`${here}/*`);
    }
  }
  return `${[...lines].join('\n')}\n`;
}
