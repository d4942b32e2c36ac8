export { runPip } from './pip.ts';
