import { stringify } from 'yaml';
import { serverFiles } from './mutual-identity.ts';

/** The file for `--web.config.file`, with which programs of the Prometheus project serve mutual TLS; they read the certificate at each handshake. */
export function webConfig(operator: string): string {
  const { certificate, key, roots } = serverFiles(operator);
  return stringify({
    tls_server_config: {
      cert_file: certificate,
      key_file: key,
      client_auth_type: 'RequireAndVerifyClientCert',
      client_ca_file: roots,
    },
  });
}
