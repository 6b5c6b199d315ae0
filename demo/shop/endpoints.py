"""The list of the shop's endpoints: the service that serves each, and the arguments its requests come with.

Must never depend on the version of an endpoint: both versions get the same requests.
"""

from collections import namedtuple
from datetime import datetime, timedelta, timezone

from .mistaken import FEED_PAGE

MESSAGES = 1_000_000
WAITING_EVERY = 6
MIDNIGHT = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)

# web: a transaction a request, as psycopg2 and SQLAlchemy do by default; api: autocommit.
Endpoint = namedtuple("Endpoint", "name service requests arguments")


def user_name(number):
    """The name that load.sql gives to a user."""
    first = ("Ada", "Blaise", "Chien", "Dorothy", "Edsger", "Frances", "Grace", "Hedy")[number % 8]
    last = f"{number * 7919:x}".translate(str.maketrans("0123456789", "ghijklmnop"))
    return f"{first} {last}".upper()


def artifact_word(number):
    """The one word of an artifact's title that is its own, as load.sql makes it."""
    return "q" + f"{number * 104729:x}".translate(str.maketrans("0123456789", "ghijklmnop")) + "z"


def feed_page(page):
    return page, MESSAGES - (page - 1) * FEED_PAGE + 1


ENDPOINTS = (
    Endpoint("conversation_list", "web", 20, lambda dice: (dice.randint(1, 500),)),
    Endpoint("unread_counts", "api", 20, lambda dice: (dice.randint(1, 500),)),
    Endpoint("collection_counts", "api", 15, lambda dice: (dice.randint(1, 500), dice.randint(1, 199_000))),
    Endpoint("checkout", "web", 50, lambda dice: (dice.randint(501, 200_000),)),
    Endpoint("queue_position", "web", 10, lambda dice: (dice.randint(1, 20_000) * WAITING_EVERY,)),
    Endpoint("dashboard", "web", 10, lambda dice: (MIDNIGHT - timedelta(days=dice.randint(0, 2)),)),
    Endpoint("message_feed", "api", 20, lambda dice: feed_page(dice.randint(480, 520))),
    Endpoint("history", "web", 8, lambda dice: (dice.randint(1, 5),)),
    Endpoint("search_user", "api", 15, lambda dice: (user_name(dice.randint(1, 200_000)),)),
    Endpoint("search_artifact", "web", 20, lambda dice: (artifact_word(dice.randint(1, 200_000)),)),
    Endpoint("delivery_receipt", "web", 20, lambda dice: (dice.randint(1, MESSAGES) * 2654435761 % 4294967296,)),
)
