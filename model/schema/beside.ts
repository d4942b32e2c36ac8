import { z } from 'zod';
import { pinnedImage } from './image-reference.ts';
import { dnsLabel, portName } from './kubernetes-names.ts';
import { probes } from './probe.ts';
import { processFields, resources } from './process.ts';
import { tcpPort } from './tcp-port.ts';
import { variables } from './variables.ts';

const container = {
  /** Name of its container. */
  name: dnsLabel,
  /** Upstream image. Default: the image of the app. */
  image: z
    .strictObject({
      /** Full reference of an upstream image, with its version. */
      ref: pinnedImage,
    })
    .optional(),
  ...processFields,
  /** Environment variables of the process, by name. */
  env: variables.default({}),
  resources,
};

/** An init container: it ends before the app starts. Steps run one after the other, in their order. */
export const initStep = z.strictObject(container);

/**
 * A sidecar, a process in the app's pod: it starts before the app and ends after it (Kubernetes, 'Sidecar Containers'). It is
 * reachable only inside the pod.
 */
export const sidecar = z.strictObject({
  ...container,
  /** Ports for its own probes, by name. */
  ports: z
    .record(
      portName,
      z.strictObject({
        /** Number of the port. */
        port: tcpPort,
      }),
    )
    .default({}),
  /** Probes of the kubelet. */
  probes: probes.default({}),
});

export type InitStep = z.infer<typeof initStep>;
export type Sidecar = z.infer<typeof sidecar>;
