import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

createServer((_request, response) => {
  const files = ['/work/prepared', '/work/beside', '/etc/wired/greeting'];
  response.end(files.map((file) => readFileSync(file, 'utf8').trim()).join(' '));
}).listen(8080);
