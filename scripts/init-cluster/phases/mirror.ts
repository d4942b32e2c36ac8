import { ensureMirror } from '../../../images/mirror/index.ts';
import type { Phase } from '../../cli/phases.ts';
import type { WithEngine } from '../input.ts';

/** Starts the registry that the nodes pull from. */
export const mirror: Phase<WithEngine> = {
  title: 'Mirror registry',
  run: async ({ engine, signal }, report) => ({
    result: {},
    unchanged: await ensureMirror(engine, report, signal),
  }),
};
