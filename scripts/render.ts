import './cli/compile-cache.ts';

// Imported dynamically: a static import would load before the compile cache is enabled.
await import('./render/main.ts');
