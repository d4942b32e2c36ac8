/**
 * The `ignore` of a Flux source for all paths but these, in the format of .gitignore. A path in an excluded folder cannot be
 * included again, so every parent folder is included and its other content excluded.
 */
export function ignoreAllBut(paths: string[]): string {
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
