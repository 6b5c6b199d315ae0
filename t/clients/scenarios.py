"""Labelled scenarios of Python clients.

Each scenario is a function that works as an application does, under an
application_name of its own, "<program>/<scenario>".  Its label says what is
wrong with it, one line a finding:

    n_plus_one orders.customer_id <- customers.id [select|count|exists]
    n_plus_one settings.key <- ?              the parent cannot be known by data
    n_plus_one products.id <- order_lines.product_id|reviews.product_id    either
    duplicate_statement settings
    chatty_unit settings sequential_aggregates    the table, if it is one; else -
    row_by_row_write orders.id update             insert, update, delete; the key, but of an insert
    idle_in_transaction - read_only|after_write
    large_eager_join products                     whose lists; of all scenarios together
    row_by_row_function orders function|trigger   the same
    cacheable_statement settings                  the same

"not yet " before it: not found yet.  No label: it is clean.  The program prints "scenario NAME" and the label, when a
scenario is done; t/022_clients.pl compares that with the findings.
"""

import os
import sys
import traceback

_scenarios = []
_program = os.path.basename(sys.argv[0]).rsplit(".", 1)[0]


def scenario(*label):
    def register(function):
        _scenarios.append((function, label))
        return function
    return register


def dsn(name, options=""):
    """A libpq connection string; host, port and database come from the environment."""
    return f"application_name={_program}/{name}" + (f" options='{options}'" if options else "")


def url(dialect, name):
    env = os.environ
    return (f"{dialect}://{env['PGUSER']}@/{env['PGDATABASE']}?host={env['PGHOST']}"
            f"&port={env['PGPORT']}&application_name={_program}/{name}")


def application(name):
    return f"{_program}/{name}"


def main():
    wanted = sys.argv[1:]
    failed = 0
    for function, label in _scenarios:
        if wanted and function.__name__ not in wanted:
            continue
        try:
            function()
        except Exception:
            traceback.print_exc()
            print(f"failed {_program}/{function.__name__}", flush=True)
            failed = 1
            continue
        print(f"scenario {_program}/{function.__name__}")
        for line in label:
            print(f"  {line}")
        sys.stdout.flush()
    sys.exit(failed)
