import { serverFiles } from './mutual-identity.ts';

/**
 * `server.http_tls_config` of Loki and Tempo, which requires client certificates. Both read the certificate at each handshake
 * (prometheus/exporter-toolkit, web/tls_config.go), and the roots at their start.
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
