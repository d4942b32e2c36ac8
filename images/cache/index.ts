export { readEntry, sha256Of } from './binary-cache.ts';
export { withCacheLock } from './cache-lock.ts';
export { withFileLock } from './file-lock.ts';
export { readImageNote } from './image-note.ts';
export { isAlive } from './is-alive.ts';
