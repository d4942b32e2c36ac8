import { z } from 'zod';
import { variables } from './cluster.ts';
import { pinnedImage } from './image-reference.ts';
import { dnsLabel, portName } from './kubernetes-names.ts';
import { probes } from './probe.ts';
import { processFields, resources } from './process.ts';

const container = {
  name: dnsLabel,
  /** An image of others. Default: the app's own. */
  image: z.strictObject({ ref: pinnedImage }).optional(),
  ...processFields,
  env: variables.default({}),
  resources,
};

/** A step that ends before the app starts; one after the other, in their order. */
export const initStep = z.strictObject(container);

/**
 * A process beside the app, in the same pod: it starts before the app and ends after it (Kubernetes, 'Sidecar Containers'). Reached
 * from within the pod alone.
 */
export const sidecar = z.strictObject({
  ...container,
  /** What its own probes ask. */
  ports: z.record(portName, z.strictObject({ port: z.number().int().min(1).max(65535) })).default({}),
  probes: probes.default({}),
});

export type InitStep = z.infer<typeof initStep>;
export type Sidecar = z.infer<typeof sidecar>;
