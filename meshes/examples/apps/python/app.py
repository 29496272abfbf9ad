"""A WSGI application. `wsgiref` is Python's own; a server such as gunicorn calls `application` in the same way."""

import os
from wsgiref.simple_server import make_server

from greeting import greeting


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [(greeting(environ["PATH_INFO"]) + "\n").encode()]


if __name__ == "__main__":
    make_server("127.0.0.1", int(os.environ["PORT"]), application).serve_forever()
