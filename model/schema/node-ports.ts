/** Ports of every node on which the platform answers: Kind maps them to the machine's loopback, load balancers send there. */
export const nodePorts = { http: 30080, https: 30443, registry: 30500 } as const;
