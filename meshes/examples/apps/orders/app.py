"""Takes orders: POST or GET /order puts one into the queue, which is a table of PostgreSQL. PGHOST and the like say where that is."""

import os

import psycopg2
from waitress import serve


def application(environ, start_response):
    if environ["PATH_INFO"] != "/order":
        return answer(start_response, "POST /order orders something")
    database = psycopg2.connect("")
    try:
        with database, database.cursor() as cursor:
            cursor.execute("INSERT INTO orders DEFAULT VALUES RETURNING id")
            (order,) = cursor.fetchone()
    finally:
        database.close()
    return answer(start_response, f"order {order}")


def answer(start_response, text):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{text}\n".encode()]


if __name__ == "__main__":
    serve(application, listen=f"127.0.0.1:{os.environ['PORT']}", threads=8)
