import { program } from './program.ts';

/** Entry point: the engine calls the default export. */
export default program;
