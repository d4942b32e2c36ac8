import { ensureProgram } from '../../images/index.ts';
import { ensurePulumi } from './project.ts';

/** What the tests run is there before their clocks do. */
export default async function setup(): Promise<void> {
  await ensurePulumi();
  await ensureProgram('versitygw', console.log);
}
