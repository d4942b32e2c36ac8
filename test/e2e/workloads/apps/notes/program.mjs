import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const file = '/data/notes';
createServer((request, response) => {
  const text = new URL(request.url, 'http://notes').searchParams.get('add');
  if (text !== null) appendFileSync(file, `${text}\n`);
  response.end(existsSync(file) ? readFileSync(file) : '');
}).listen(8080);
