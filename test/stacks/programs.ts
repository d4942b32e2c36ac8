import { ensureProgram } from '../../images/index.ts';
import { ensurePulumi } from './project.ts';

/** Programs of the tests are supplied before their time limits start. */
export default async function setup(): Promise<void> {
  await ensurePulumi();
  await ensureProgram('versitygw', console.log);
}
