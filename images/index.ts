export { artifactFiles } from './artifacts/artifacts.ts';
export type { Engine } from './engine/engine.ts';
export { ensureEngine, findEngine, lookForEngine } from './engine/ensure-engine.ts';
export { buildBinaries, ensureBinary } from './go/build.ts';
export { ensureImage, ensureImageRef, ensureMirroredRef, type SupplyOptions } from './mirror/ensure-image.ts';
export { ensureNodeImage, loadNodeImage, nodeImageName } from './node-image/node-image.ts';
export { ensureProgram } from './program.ts';
export type { Report } from './report.ts';
export { type SupplyEvent, supply, supplyNames, wasSupplied } from './supply.ts';
