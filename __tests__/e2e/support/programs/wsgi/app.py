"""A WSGI application with a configuration file, and a database in its state directory."""

import configparser
import os
import sqlite3

settings = configparser.ConfigParser()
with open(os.path.join(os.environ["CONFIGURATION_DIRECTORY"], "app.ini"), encoding="utf-8") as file:
    settings.read_file(file)
greeting = settings["app"]["greeting"]
path = os.path.join(os.environ["STATE_DIRECTORY"], "visits.sqlite")
with sqlite3.connect(path) as made:
    made.execute("CREATE TABLE IF NOT EXISTS visits (path TEXT)")


def application(environ, start_response):
    with sqlite3.connect(path, timeout=10) as database:
        if environ["PATH_INFO"] == "/visit":
            database.execute("INSERT INTO visits VALUES ('/visit')")
        (visits,) = database.execute("SELECT count(*) FROM visits").fetchone()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{greeting} from WSGI, {visits} visits\n".encode()]
