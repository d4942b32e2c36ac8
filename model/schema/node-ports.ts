/** Ports of the gateway on every node: Kind maps them to the machine's loopback address, load balancers forward to them. */
export const nodePorts = { http: 30080, https: 30443, registry: 30500 } as const;
