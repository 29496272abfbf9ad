"""A WSGI application. `wsgiref` is Python's own; a server such as gunicorn calls `application` in the same way."""

import json
import os
from wsgiref.simple_server import make_server

from greeting import greeting

with open(os.path.join(os.environ["CONFIGURATION_DIRECTORY"], "app.json"), encoding="utf-8") as file:
    settings = json.load(file)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [(greeting(settings["greeting"], environ["PATH_INFO"]) + "\n").encode()]


if __name__ == "__main__":
    make_server("127.0.0.1", int(os.environ["PORT"]), application).serve_forever()
