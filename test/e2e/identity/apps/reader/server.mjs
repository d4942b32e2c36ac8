// Calls the ledger without end, each time with the files as they are, and tells at /counts how it went.
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';

const { LEDGER_ADDRESS: address = '', LEDGER_IDENTITY_DIR: folder } = process.env;
const file = (name) => readFileSync(`${folder}/${name}`);
const counts = { ok: 0, failed: 0, last: '' };

function call() {
  return new Promise((resolve) => {
    const fail = (reason) => {
      counts.failed++;
      counts.last = reason;
      resolve();
    };
    try {
      const options = {
        cert: file('tls.crt'),
        key: file('tls.key'),
        ca: file('roots.pem'),
        agent: false,
        timeout: 5_000,
      };
      const call = request(`https://${address}/`, options, (response) => {
        response.resume().on('end', () => {
          if (response.statusCode !== 200) return fail(`status ${response.statusCode}`);
          counts.ok++;
          resolve();
        });
      });
      call.on('timeout', () => call.destroy(new Error('no answer within 5 s')));
      call.on('error', (error) => fail(error.message));
      call.end();
    } catch (error) {
      fail(error.message);
    }
  });
}

/** What the next call shows, as `npm run certs -- list` asks for it. */
function held(from) {
  const [{ serialNumber }] = certificates(`${from}/tls.crt`);
  const ids = certificates(`${from}/roots.pem`).map(({ fingerprint256: hash }) =>
    hash.replaceAll(':', '').slice(0, 16).toLowerCase(),
  );
  const serial = serialNumber.replace(/^0+/, '');
  return `identity_held{folder="${from}",serial="${serial}",roots="${ids.sort().join(',')}"} 1\n`;
}

function certificates(path) {
  const blocks = readFileSync(path, 'utf8').match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g);
  return blocks.map((block) => new X509Certificate(block));
}

createServer((request, response) => {
  if (request.url === '/counts') response.end(JSON.stringify(counts));
  else if (request.url === '/metrics') {
    response.end([folder, '/identity/database'].filter(existsSync).map(held).join(''));
  } else response.end('ok');
}).listen(8080);
for (;;) {
  await call();
  await new Promise((resolve) => setTimeout(resolve, 50));
}
