"""One file that a node fetches."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Hello from an artifact\n")


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hello).serve_forever()
