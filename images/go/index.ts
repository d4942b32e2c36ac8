export { hasGoCaches, pruneGoCaches, sizeOf } from './caches.ts';
export { goModule } from './module.ts';
export { recipeOf } from './recipe.ts';
