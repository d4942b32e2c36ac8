import { program } from './program.ts';

/** What the engine runs; it calls a function that is the default export. */
export default program;
