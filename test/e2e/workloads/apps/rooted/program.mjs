import { chownSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

writeFileSync('/work/file', '');
chownSync('/work/file', 1234, 1234);
createServer((_request, response) => {
  response.end(`${process.getuid()} ${statSync('/work/file').uid}`);
}).listen(80);
