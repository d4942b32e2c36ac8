import { z } from 'zod';
import { webAddress } from '../web-address.ts';

const mirrorUrl = webAddress({ example: 'https://mirror.example.org/prefix', scheme: 'http' }).pipe(
  z
    .string()
    .regex(
      /^https?:\/\/[\w.-]+(:\d+)?(\/[a-z0-9._-]+)*\/?$/,
      "an address such as 'https://mirror.example.org/prefix'",
    ),
);

/** Host of a registry in image references: `docker.io`, `registry.example.org:5000`. */
const registryHost = z.string().regex(/^[a-z0-9.-]+(:\d+)?$/, "the host of a registry such as 'docker.io'");

/** The mirror of a cluster: one address for all registries, or an address per registry. */
export const mirror = z.union([mirrorUrl, z.record(registryHost, mirrorUrl)]);

/** The mirror of cluster.yaml as a value of `PLINTH_REGISTRY_MIRROR`; empty if there is none. */
export function mirrorSetting({ mirror: given }: { mirror?: z.infer<typeof mirror> | undefined }): string {
  if (given === undefined || typeof given === 'string') return given ?? '';
  return Object.entries(given)
    .map(([host, url]) => `${host}=${url}`)
    .join(',');
}
