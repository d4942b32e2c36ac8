import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';

if (!existsSync('/data/first')) writeFileSync('/data/first', `${hostname()} ${Date.now()}`);
createServer(async (request, response) => {
  const asked = new URL(request.url, 'http://members').searchParams.get('ask');
  if (asked === null) return response.end(readFileSync('/data/first'));
  const answer = await fetch(`http://${asked}.members-pods:8080/`).catch((error) => error.cause ?? error);
  response.end(answer instanceof Error ? `error ${answer.message}` : await answer.text());
}).listen(8080);
