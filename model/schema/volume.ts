import { z } from 'zod';
import { bytes, reason } from './cluster.ts';
import { dnsName, volumeName } from './kubernetes-names.ts';
import { mountPath } from './mount.ts';

/** A volume that outlives the pod, the app and its manifests. */
const volume = z.strictObject({
  /** Path at which it is mounted, in every container of the pod. */
  path: mountPath,
  /** Size in bytes; it can grow where its class allows that, and never shrink. */
  size: bytes,
  /** `app`: one volume for the app, which then has at most one pod. `replica`: one volume per pod of a StatefulSet. */
  per: z.enum(['app', 'replica']).default('app'),
  /** What saves its data. Nothing does yet: `none` says why that is right, which production asks for. */
  backup: z
    .strictObject({
      /** Reason why the data may be lost with the disk, or what else saves it. */
      none: reason,
    })
    .optional(),
  /** StorageClass; it cannot change. Default: the default class of the cluster. */
  class: dnsName.optional(),
});

/** By name. An app that no longer has one says so in cluster.yaml under `retiredVolumes`; nothing that makes things deletes it. */
export const volumes = z.record(volumeName, volume);

export type Volume = z.infer<typeof volume>;

/** The claim of a volume that an app has once. */
export function claimName(app: string, volume: string): string {
  return `${app}-volume-${volume}`;
}

/** The volume of an app that a claim is of; undefined where it is of something else. */
export function volumeOfClaim(app: string, claim: string): string | undefined {
  const prefix = claimName(app, '');
  return claim.startsWith(prefix) ? claim.slice(prefix.length) : undefined;
}

const templatePrefix = 'volume-';

/** A volume in the pod, and the template of its claims where each replica has one: `volume-NAME-APP-0`. */
export function podVolume(volume: string): string {
  return `${templatePrefix}${volume}`;
}

/** The volume that a template of claims is of; undefined where it is of something else. */
export function volumeOfTemplate(template: string): string | undefined {
  return template.startsWith(templatePrefix) ? template.slice(templatePrefix.length) : undefined;
}

/** Whether each pod of an app has volumes of its own. */
export function hasReplicaVolumes({ volumes }: { volumes: Readonly<Record<string, Volume>> }): boolean {
  return Object.values(volumes).some(({ per }) => per === 'replica');
}
