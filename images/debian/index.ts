export { installDebianPackages } from './packages.ts';
export { ensureRoot, type RootRecipe, rootKey } from './root-filesystem.ts';
export { imageSuite } from './suite.ts';
