// Answers 200 to callers of the list, 403 to others who have a certificate of the right authority, and nobody else.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const { IDENTITY_DIR: folder, CALLERS = '' } = process.env;
const callers = new Set(CALLERS.split(','));
const file = (name) => readFileSync(`${folder}/${name}`);
const files = () => ({ cert: file('tls.crt'), key: file('tls.key'), ca: file('roots.pem') });
const server = createTlsServer(
  { ...files(), requestCert: true, rejectUnauthorized: true },
  (request, response) => {
    const { CN } = request.socket.getPeerCertificate().subject;
    response.statusCode = callers.has(CN) ? 200 : 403;
    response.end(CN);
  },
);
server.listen(8443);
setInterval(() => server.setSecureContext(files()), 1_000);
createServer((_, response) => response.end('ok')).listen(8080);
