#!/bin/bash
# The program of an instance's bundle: hands it to the machine's own copy of the transaction.
exec /opt/gatehouse/lib/transaction.sh "$1"
