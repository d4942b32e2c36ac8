import { findSupply } from '../../../images/supply/index.ts';
import { mirrorSetting } from '../../../model/schema/cluster/mirror.ts';
import type { Cluster } from '../../../model/schema/cluster.ts';

/** How this machine gets images. Several checks use the result; the registries are requested once. */
export function supplyHere(cluster: Cluster | undefined): ReturnType<typeof findSupply> {
  supplyFound ??= findSupply(cluster && mirrorSetting(cluster));
  return supplyFound;
}

let supplyFound: ReturnType<typeof findSupply> | undefined;
