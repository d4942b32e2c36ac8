import { createServer } from 'node:http';

for (const [port, name] of [
  [8080, 'pages'],
  [8081, 'downloads'],
]) {
  createServer(({ url, headers }, response) => {
    response.end(`${name} ${url} ${headers['x-door']}`);
  }).listen(port);
}
