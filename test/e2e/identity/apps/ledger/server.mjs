// Answers 200 to callers of the list, 403 to others who have a certificate of the right authority, and nobody else.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const { IDENTITY_DIR: folder, CALLERS = '' } = process.env;
const callers = new Set(CALLERS.split(','));
const read = (at) => {
  const file = (name) => readFileSync(`${at}/${name}`);
  return { cert: file('tls.crt'), key: file('tls.key'), ca: file('roots.pem') };
};
let files = read(folder);
const server = createTlsServer(
  { ...files, requestCert: true, rejectUnauthorized: true },
  (request, response) => {
    const { CN } = request.socket.getPeerCertificate().subject;
    response.statusCode = callers.has(CN) ? 200 : 403;
    response.end(CN);
  },
);
server.listen(8443);
setInterval(() => {
  files = read(folder);
  server.setSecureContext(files);
}, 1_000);

/** What it holds, as `npm run certs -- list` asks for it. */
function held(at, { cert, ca }) {
  const certificates = (text) =>
    `${text}`
      .match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g)
      .map((block) => new X509Certificate(block));
  const serial = certificates(cert)[0].serialNumber.replace(/^0+/, '');
  const ids = certificates(ca).map(({ fingerprint256: hash }) =>
    hash.replaceAll(':', '').slice(0, 16).toLowerCase(),
  );
  return `identity_held{folder="${at}",serial="${serial}",roots="${ids.sort().join(',')}"} 1\n`;
}

createServer((request, response) => {
  const database = '/identity/database';
  response.end(request.url === '/metrics' ? held(folder, files) + held(database, read(database)) : 'ok');
}).listen(8080);
