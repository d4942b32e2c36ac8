import { createServer } from 'node:http';

// Answers with what it was handed: the claims of the token, and the names of the cookies that came through.
createServer((request, response) => {
  const token = request.headers['x-plinth-person'];
  const claims =
    token === undefined ? {} : JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=')[0]);
  const { sub, aud, acr, organisation, roles } = claims;
  const answer = { path: request.url, sub, aud, acr, organisation, roles, cookies };
  response.setHeader('content-type', 'text/html');
  response.end(`<!doctype html><title>Club</title><h1>Welcome</h1><pre>${JSON.stringify(answer)}</pre>`);
}).listen(8080);
