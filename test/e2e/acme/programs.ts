/** Port of Pebble's directory. */
export const port = 14000;

/** Port at which Pebble serves its root. */
export const managementPort = 15000;

/** Pebble's configuration: it asks challenges at `httpPort`, and refuses the forbidden names. */
export function pebbleConfig({ httpPort, forbidden }: { httpPort: number; forbidden: string[] }): object {
  return {
    pebble: {
      listenAddress: `0.0.0.0:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: 'tls.crt',
      privateKey: 'tls.key',
      httpPort,
      tlsPort: 443,
      domainBlocklist: forbidden,
      keyAlgorithm: 'ecdsa',
      profiles: { default: { description: 'Ninety days', validityPeriod: 7_776_000 } },
      retryAfter: { authz: 1, order: 1 },
    },
  };
}

/** Runs Pebble without its random waits; it requires a challenge for every order, also for a renewal. */
export function pebbleCommand(config: string, dnsServer: string): string {
  return `env PEBBLE_VA_NOSLEEP=1 PEBBLE_AUTHZREUSE=0 ./pebble -config ${config} -dnsserver ${dnsServer}`;
}

/** Runs Pebble's server of challenges as a DNS server alone, which knows no name to begin with. */
export function challengeServerCommand(dnsPort: number, recordsPort: number): string {
  const none = ['http01', 'https01', 'tlsalpn01', 'doh', 'defaultIPv4', 'defaultIPv6'];
  return [
    './pebble-challtestsrv',
    ...none.map((name) => `-${name} ''`),
    `-dnsserver :${dnsPort} -management 127.0.0.1:${recordsPort}`,
  ].join(' ');
}
