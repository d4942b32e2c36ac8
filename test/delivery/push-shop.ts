import type { ImageStore } from '../../images/oci/index.ts';
import { openRegistry, pushImage } from '../../scripts/delivery/registry.ts';
import { environment } from '../charts/fixture.ts';

/** Pushes the image `host/shop:abc` of a store to the registry of the environment, and returns its digest. */
export async function pushShop(
  store: ImageStore,
  platform: string,
  report: (message: string) => void = () => {},
): Promise<string> {
  const opened = await openRegistry(environment(), ['shop'], { report });
  try {
    const image = { store, path: 'host/shop', tag: 'abc' };
    return await pushImage(opened, { name: 'shop', image, platform }, { report });
  } finally {
    opened.close();
  }
}
