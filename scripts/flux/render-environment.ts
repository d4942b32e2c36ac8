import type { Environment } from '../../model/graph.ts';
import type { Phase } from '../cli/phases.ts';
import type { Memory } from '../render/memory.ts';
import { render } from '../render/render.ts';

/** One environment with its manifests, which stand on the disk too. */
export interface RenderedEnvironment {
  environment: Environment;
  /** From `manifests/ENV/COMPONENT/KIND-NAME.yaml` to the file's text. */
  manifests: ReadonlyMap<string, string>;
  /** How many files had to be written or removed. */
  changed: number;
}

/**
 * Renders one environment and writes what differs from the files on the disk.
 * @param memory What an earlier render of this process made. Default: nothing.
 */
export async function renderEnvironment(
  root: string,
  name: string,
  memory?: Memory,
): Promise<RenderedEnvironment> {
  const { environments, files, difference } = await render(root, { environment: name, memory });
  const [environment] = environments;
  if (environment === undefined) throw new Error(`the render of ${name} has no environment`);
  return { environment, manifests: files, changed: difference.changed.length + difference.removed.length };
}

/** Says what was written; the work is done by then, as all that follows comes out of it. */
export const manifestsRendered: Phase<Pick<RenderedEnvironment, 'manifests' | 'changed'>> = {
  title: 'Manifests rendered',
  run: async ({ manifests, changed }) => ({
    result: {},
    unchanged:
      changed === 0 ? `${manifests.size} files, no change` : `${changed} of ${manifests.size} files written`,
  }),
};
