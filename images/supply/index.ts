export { missingToBuild } from './can-build.ts';
export { buildCost, type SupplyDecision } from './decision.ts';
export { chooseSupply, findSupply, imageHosts, SupplyUndecided, saidSupply, supplyMode } from './mode.ts';
