"""The shop's endpoints, repaired: the same names, arguments and answers as in mistaken.py.

Must never answer differently from mistaken.py: `python3 -m shop compare` runs both and compares.
"""

from sqlalchemy import func, select, true
from sqlalchemy.orm import aliased

from .mistaken import CHECKOUT_STEPS, FEED_PAGE, PAGE, delivery_receipt
from .models import (Artifact, Collection, Conversation, Membership, Message, Order, QueueSession, User,
                     collection_artifacts)

__all__ = ["delivery_receipt"]  # Right as it stands: it lacked an index, not another statement.


def conversation_list(session, user_id):
    """One statement: the last message comes through a lateral join."""
    page = (select(Conversation.id, Conversation.title, Conversation.updated_at)
            .join(Membership).where(Membership.user_id == user_id)
            .order_by(Conversation.updated_at.desc(), Conversation.id).limit(PAGE).subquery())
    last = (select(Message.body).where(Message.conversation_id == page.c.id)
            .order_by(Message.id.desc()).limit(1).lateral())
    query = (select(page.c.id, page.c.title, last.c.body).outerjoin(last, true())
             .order_by(page.c.updated_at.desc(), page.c.id))
    return [tuple(row) for row in session.execute(query)]


def unread_counts(session, user_id):
    """One statement: all counts by GROUP BY."""
    mine = aliased(Membership, select(Membership).where(Membership.user_id == user_id).limit(PAGE).subquery())
    counts = (session.query(mine.conversation_id, func.count(Message.id))
              .join(Message, (Message.conversation_id == mine.conversation_id) & (Message.id > mine.last_read_id))
              .group_by(mine.conversation_id))
    return dict(counts.all())


def collection_counts(session, owner_id, first_artifact):
    """Two statements: the artifacts, and both counts of all of them."""
    artifacts = (session.query(Artifact).filter(Artifact.id >= first_artifact)
                 .order_by(Artifact.id).limit(PAGE).all())
    link = collection_artifacts.c
    counts = {row[0]: tuple(row[1:]) for row in session.execute(
        select(link.artifact_id, func.count(), func.count().filter(Collection.owner_id == owner_id))
        .join(Collection, Collection.id == link.collection_id)
        .where(link.artifact_id.in_([artifact.id for artifact in artifacts])).group_by(link.artifact_id))}
    return [(artifact.id, *counts.get(artifact.id, (0, 0))) for artifact in artifacts]


def checkout(session, user_id):
    """The profile is fetched once and handed on."""
    profile = session.query(User.name, User.email, User.country).filter(User.id == user_id).one()
    return [(step, *profile) for step in range(CHECKOUT_STEPS)]


def queue_position(session, waiting_id):
    """The server counts those ahead."""
    own = session.query(QueueSession.joined_at).filter(QueueSession.id == waiting_id).scalar_subquery()
    return (session.query(func.count())
            .filter(QueueSession.status == "waiting", QueueSession.joined_at <= own).scalar())


def dashboard(session, since):
    """One statement: the orders are read once, for all their aggregates."""
    new_users = select(func.count(User.id)).where(User.created_at >= since).scalar_subquery()
    new_messages = select(func.count(Message.id)).where(Message.created_at >= since).scalar_subquery()
    waiting = select(func.count(QueueSession.id)).where(QueueSession.status == "waiting").scalar_subquery()
    return tuple(session.query(
        func.count(Order.id), func.sum(Order.total), func.max(Order.total), func.min(Order.total),
        func.count(Order.user_id.distinct()),
        func.count(Order.id).filter(Order.status == "refunded"),
        func.sum(Order.total).filter(Order.status == "returned"),
        new_users, new_messages, waiting,
    ).filter(Order.created_at >= since).one())


def message_feed(session, page, before_id):
    """Keyset: the page after the last message the client has seen."""
    messages = session.query(Message).filter(Message.id < before_id).order_by(Message.id.desc()).limit(FEED_PAGE)
    return [message.id for message in messages]


def history(session, conversation_id):
    """The end of the history is all that is read."""
    messages = (session.query(Message).filter(Message.conversation_id == conversation_id)
                .order_by(Message.id.desc()).limit(PAGE).all())
    return [message.id for message in reversed(messages)]


def search_user(session, name):
    """The folded name is a column with an index."""
    return [user.id for user in session.query(User).filter(User.name_folded == name.lower()).limit(PAGE)]


def search_artifact(session, word):
    """Words are searched in a tsvector with a GIN index."""
    artifacts = (session.query(Artifact).filter(Artifact.title_words.bool_op("@@")(func.to_tsquery("simple", word)))
                 .order_by(Artifact.title).limit(PAGE))
    return [artifact.id for artifact in artifacts]
