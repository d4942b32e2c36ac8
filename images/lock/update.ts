export { askUpstream, type Compared, compareLock } from './compare-lock.ts';
export { withValue } from './edit.ts';
