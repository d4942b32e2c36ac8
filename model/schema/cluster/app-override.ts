import { z } from 'zod';
import { dnsName, portName } from '../kubernetes-names.ts';
import { nodeChoice } from '../node-choice.ts';
import { replicas } from '../replicas.ts';
import { cores, memoryLimit } from '../resources.ts';
import { reason } from '../sentence.ts';
import { tcpPort } from '../tcp-port.ts';
import { variables } from '../variables.ts';

/** Fields of an app that an environment may change. */
export const appOverride = z.strictObject({
  replicas: replicas
    .optional()
    .describe('Number of pods, or the bounds of a HorizontalPodAutoscaler. Default: the value of app.ts.'),
  single: reason.optional().describe('Reason why one replica is enough in production.'),
  env: variables
    .optional()
    .describe('Environment variables that are added to those of app.ts or replace them.'),
  resources: z
    .strictObject({
      cpu: cores.optional().describe('Cores. Default: the value of app.ts.'),
      memory: memoryLimit
        .optional()
        .describe('Bytes; also the limit, of at least 6Mi. Default: the value of app.ts.'),
      reason: reason.optional().describe('Reason for a larger reservation in this environment.'),
    })
    .optional()
    .describe('Reservation of each pod.'),
  public: z
    .record(portName, tcpPort)
    .optional()
    .describe(
      'Numbers for visitors of public TCP and UDP ports, by the name of the port. Default: the values of app.ts.',
    ),
  nodes: nodeChoice
    .optional()
    .describe('Choice of nodes, in place of that of app.ts; {} is any node. Default: the value of app.ts.'),
  hosts: z
    .array(dnsName)
    .optional()
    .describe(
      'Further host names of the app, below other domains. The certificate of the gateway has them; their DNS records must lead to the gateway.',
    ),
});

export type AppOverride = z.infer<typeof appOverride>;
