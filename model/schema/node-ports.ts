/** Ports of the gateway on every node: Kind maps them to the machine's loopback address, load balancers forward to them. */
export const nodePorts = { http: 30080, https: 30443, registry: 30500 } as const;

/** The ports of nodes that Services can have: kube-apiserver, `--service-node-port-range`. */
const range = { first: 30000, count: 2768 } as const;

/**
 * The port of every node behind a public port: the number itself if Services can have it, otherwise one that follows from it (1883: 31883).
 * So it stays the same whatever other apps there are; two numbers with the same port of the nodes are refused.
 */
export function nodePortOf(number: number): number {
  if (number >= range.first && number < range.first + range.count) return number;
  return range.first + (number % range.count);
}
