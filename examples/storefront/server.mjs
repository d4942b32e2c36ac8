import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const page = readFileSync('out/index.html');

createServer((_request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(page);
}).listen(3000);
