/** `check` changes nothing; `update` writes upstream's values into the lock file. */
export type LockAction = 'check' | 'update';
