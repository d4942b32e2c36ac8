import { z } from 'zod';
import { bytes } from './resources.ts';

/** A path in a container: Kubernetes allows no ':' (ValidateVolumeMounts). */
export const mountPath = z
  .string()
  .max(1024, 'at most 1024 characters')
  .regex(
    /^(\/(?!\.{1,2}(\/|$))[^/:\0]+)+$/,
    "a path such as '/etc/app/settings.yaml': from '/', without '.', '..' and ':', with no '/' at its end",
  )
  .refine(
    (path) => !/^\/(proc|sys)(\/|$)/.test(path) && (path === '/dev/shm' || !/^\/dev(\/|$)/.test(path)),
    'a path outside of /proc, /sys and /dev, which belong to the kernel',
  )
  .refine(
    (path) => !/^\/(identity|external|secrets|var\/run\/secrets|run\/secrets)(\/|$)/.test(path),
    'a path outside of /identity, /external, /secrets and /run/secrets, which hold certificates, secrets and tokens',
  );

/** A file below the app's folder. A key of a ConfigMap cannot have a slash: '__' replaces it and cannot be part of a file name. */
const fileBelow = z
  .string()
  .max(200, 'at most 200 characters')
  .regex(
    /^(?!.*__)(?!(.*\/)?\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/,
    "a file below the app's folder such as 'files/nginx.conf': letters, digits, '.', '-' and '_' (never two in a row), no '..'",
  )
  // IsConfigMapKey.
  .refine((text) => text.replaceAll('/', '__').length <= 253, {
    error: "it becomes a key of a ConfigMap with '__' for each '/', of at most 253 characters",
    params: { fix: 'move the file into fewer folders' },
  });

/**
 * Map from the path in the container to a file below the app's folder, mounted read-only in every container of the pod. A change
 * of its content replaces the pods.
 */
export const files = z.record(mountPath, fileBelow);

/**
 * Map from the path in the container to the size of an empty folder, which is deleted with the pod. `memory`: it is in memory and
 * counts as memory of the app. A pod that writes more is evicted.
 */
export const temporary = z.record(
  mountPath,
  z.union([
    bytes,
    z.strictObject({
      /** Size in bytes; a pod that writes more is evicted. */
      size: bytes,
      /** Whether the folder is in memory, which counts as memory of the app. */
      memory: z.boolean().default(false),
    }),
  ]),
);

export type Temporary = z.infer<typeof temporary>[string];

/** Size of temporary space, and whether it is in memory. */
export function temporarySpace(space: Temporary): { size: string; memory: boolean } {
  return typeof space === 'string' ? { size: space, memory: false } : space;
}
