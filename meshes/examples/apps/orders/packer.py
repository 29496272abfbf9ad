"""Packs the orders in the queue. When it is stopped in the middle of some, they are in the queue as before."""

import os
import time

import psycopg2

NAME = os.environ["PACKER"]
PACK = """
    UPDATE orders SET packed_by = %s WHERE id IN (
        SELECT id FROM orders WHERE packed_by IS NULL ORDER BY id LIMIT 20 FOR UPDATE SKIP LOCKED
    )"""


def pack():
    """Packs orders until there are none."""
    database = psycopg2.connect("")
    try:
        packed = 1
        while packed > 0:
            with database, database.cursor() as cursor:
                cursor.execute(PACK, [NAME])
                packed = cursor.rowcount
    finally:
        database.close()


while True:
    try:
        pack()
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:  # the database restarts, or its sidecar
        print(error, flush=True)
    time.sleep(0.5)
