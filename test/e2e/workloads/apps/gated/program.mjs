import { createServer } from 'node:http';

createServer((_request, response) => response.end(process.env.VERSION)).listen(8080);
