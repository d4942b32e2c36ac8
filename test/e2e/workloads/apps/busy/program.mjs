import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

createServer((_request, response) => {
  const hash = createHash('sha256');
  for (let i = 0; i < 20_000; i++) hash.update('work');
  response.end(hash.digest('hex'));
}).listen(8080);
