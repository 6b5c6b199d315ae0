"""Drives the shop: `python3 -m shop run mistaken|repaired` sends every endpoint its requests and writes, a line a
request, `endpoint,statements,milliseconds` to the file named by --out; `python3 -m shop compare` checks that both
versions of every endpoint answer alike.

Must never measure with more than one client at once: a request's latency is to be its own.
"""

import argparse
import random
import statistics
import sys
import time

from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

from . import mistaken, repaired
from .endpoints import ENDPOINTS

VERSIONS = {"mistaken": mistaken, "repaired": repaired}
THINK_SECONDS = 0.12  # Autocommit has no transaction to tell one request from the next; users pause between them.


class Services:
    """The connection pools of the shop's two services, and a count of the statements sent over them."""

    def __init__(self, url):
        self.statements = 0
        self.engines = {
            "web": create_engine(url, pool_size=1, connect_args={"application_name": "shop-web"}),
            "api": create_engine(url, pool_size=1, connect_args={"application_name": "shop-api"},
                                 isolation_level="AUTOCOMMIT"),
        }
        for engine in self.engines.values():
            event.listen(engine, "before_cursor_execute", self.count)

    def count(self, *_):
        self.statements += 1

    def request(self, endpoint, version, arguments):
        """One request: its answer, the statements it sent, and the milliseconds it took."""
        if endpoint.service == "api":
            time.sleep(THINK_SECONDS)
        self.statements = 0
        begin = time.perf_counter()
        with Session(self.engines[endpoint.service]) as session:
            answer = getattr(VERSIONS[version], endpoint.name)(session, *arguments)
        return answer, self.statements, (time.perf_counter() - begin) * 1000


def requests_of(endpoint):
    """The same arguments for both versions and on every run; the first is for warming up."""
    dice = random.Random(endpoint.name)
    return [endpoint.arguments(dice) for _ in range(endpoint.requests + 1)]


def run(services, version, out):
    for endpoint in ENDPOINTS:
        warm_up, *requests = requests_of(endpoint)
        services.request(endpoint, version, warm_up)
        latencies = []
        for arguments in requests:
            _, statements, milliseconds = services.request(endpoint, version, arguments)
            latencies.append(milliseconds)
            print(endpoint.name, statements, f"{milliseconds:.3f}", sep=",", file=out)
        noun = "statement" if statements == 1 else "statements"
        print(f"{endpoint.name} ({endpoint.service}): {len(latencies)} requests, {statements} {noun} each, "
              f"p50 {statistics.median(latencies):.1f} ms", flush=True)


def compare(services):
    differing = []
    for endpoint in ENDPOINTS:
        arguments = requests_of(endpoint)[0]
        answers = [services.request(endpoint, version, arguments)[0] for version in VERSIONS]
        if not answers[0] or answers[0] != answers[1]:
            differing.append(endpoint.name)
    if differing:
        sys.exit("the two versions answer differently: " + ", ".join(differing))
    print(f"{len(ENDPOINTS)} endpoints: the mistaken and the repaired version answer alike")


def main():
    parser = argparse.ArgumentParser(prog="shop", description=__doc__.split("\n\n")[0])
    parser.add_argument("--url", required=True, help="SQLAlchemy URL of the shop's database")
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help="send every endpoint its requests")
    runner.add_argument("version", choices=VERSIONS)
    runner.add_argument("--out", type=argparse.FileType("w"), default=sys.stdout)
    commands.add_parser("compare", help="check that both versions answer alike")
    options = parser.parse_args()
    services = Services(options.url)
    if options.command == "run":
        run(services, options.version, options.out)
    else:
        compare(services)


main()
