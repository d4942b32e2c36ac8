import './cli/compile-cache.ts';

// Not a plain import, which would be loaded before the cache is there.
await import('./render/main.ts');
