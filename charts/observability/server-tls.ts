import { serverFiles } from './mutual-identity.ts';

/**
 * `server.http_tls_config` of Loki and of Tempo, by which callers prove who they are. Both read the certificate at each handshake
 * (prometheus/exporter-toolkit, web/tls_config.go), and the roots when they start.
 */
export function httpTlsConfig(operator: string): object {
  const { certificate, key, roots } = serverFiles(operator);
  return {
    cert_file: certificate,
    key_file: key,
    client_auth_type: 'RequireAndVerifyClientCert',
    client_ca_file: roots,
  };
}
