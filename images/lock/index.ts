export { loadLock, lockPath, parseLock } from './read.ts';
export { type Lock, type LockArtifact, lockSchema, neededBinaries, pinnedReference } from './schema.ts';
