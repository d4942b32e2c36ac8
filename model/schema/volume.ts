import { z } from 'zod';
import { dnsName, volumeName } from './kubernetes-names.ts';
import { mountPath } from './mount.ts';
import { bytes } from './resources.ts';
import { reason } from './sentence.ts';

/** A volume that outlives the pod, the app and its manifests. */
const volume = z.strictObject({
  /** Path at which it is mounted, in every container of the pod. */
  path: mountPath,
  /** Size in bytes; it can grow where its class allows that, and never shrink. */
  size: bytes,
  /** `app`: one volume for the app, which then has at most one pod. `replica`: one volume per pod of a StatefulSet. */
  per: z.enum(['app', 'replica']).default('app'),
  /** What saves its data. Production requires it, unless its cluster.yaml has `snapshots`, which are of all volumes. */
  backup: z
    .strictObject({
      /** Reason why losing the data with the disk is acceptable, or the backup that exists elsewhere. */
      none: reason,
    })
    .optional(),
  /** StorageClass; it cannot change. Default: the default class of the cluster. */
  class: dnsName.optional(),
});

/** Volumes by name. Once an app no longer has a volume, list it in cluster.yaml under `retired`; no command deletes it. */
export const volumes = z.record(volumeName, volume);

export type Volume = z.infer<typeof volume>;

/** Name of the claim of a volume with `per: app`. */
export function claimName(app: string, volume: string): string {
  return `${app}-volume-${volume}`;
}

/** The volume of an app to which a claim belongs; undefined for other claims. */
export function volumeOfClaim(app: string, claim: string): string | undefined {
  const prefix = claimName(app, '');
  return claim.startsWith(prefix) ? claim.slice(prefix.length) : undefined;
}

const templatePrefix = 'volume-';

/** Name of a volume in the pod, and of its claim template if each replica has one: `volume-NAME-APP-0`. */
export function podVolume(volume: string): string {
  return `${templatePrefix}${volume}`;
}

/** The volume of an app to which a claim template belongs; undefined for other templates. */
export function volumeOfTemplate(template: string): string | undefined {
  return template.startsWith(templatePrefix) ? template.slice(templatePrefix.length) : undefined;
}

/** Whether each pod of an app has its own volumes. */
export function hasReplicaVolumes({ volumes }: { volumes: Readonly<Record<string, Volume>> }): boolean {
  return Object.values(volumes).some(({ per }) => per === 'replica');
}
