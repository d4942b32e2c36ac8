import { createServer } from 'node:http2';

// gRPC over HTTP/2 without TLS: the answer is the message of the call, and a status in the trailers.
createServer()
  .on('stream', (stream) => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.pipe(stream);
  })
  .listen(9000);
