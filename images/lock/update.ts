export { askUpstream, type Compared, compareLock } from './check.ts';
export { withValue } from './edit.ts';
