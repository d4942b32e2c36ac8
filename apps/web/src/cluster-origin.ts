/// <reference types="vite/client" />

/** Where the cluster serves this app: here, unless Vite's own server shows the pages (vite.config.ts). */
export function clusterOrigin(): string {
  const given: unknown = import.meta.env.VITE_CLUSTER_ORIGIN;
  return typeof given === 'string' ? given : location.origin;
}
