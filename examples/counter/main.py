"""Counts its visitors, for as long as it runs."""

import itertools
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from greeting import greeting

visits = itertools.count(1)


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ready = self.path == "/readyz"
        body = b"ready\n" if ready else greeting(os.environ["NAME"], next(visits)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8080), Page).serve_forever()
