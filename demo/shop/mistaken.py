"""The shop's endpoints as they were first written: every function holds one mistake that its first line names.

Must never be repaired here: repaired.py holds the same endpoints done right, under the same names.
"""

from sqlalchemy import func

from .models import Artifact, Collection, Conversation, Membership, Message, Order, QueueSession, User

PAGE = 50
FEED_PAGE = 100
CHECKOUT_STEPS = 12


def conversation_list(session, user_id):
    """N+1: the last message is fetched conversation by conversation."""
    conversations = (session.query(Conversation).join(Membership).filter(Membership.user_id == user_id)
                     .order_by(Conversation.updated_at.desc(), Conversation.id).limit(PAGE).all())
    rows = []
    for conversation in conversations:
        last = conversation.messages.order_by(Message.id.desc()).first()
        rows.append((conversation.id, conversation.title, last.body if last else None))
    return rows


def unread_counts(session, user_id):
    """N+1: the unread messages are counted conversation by conversation."""
    memberships = session.query(Membership).filter(Membership.user_id == user_id).limit(PAGE).all()
    unread = {}
    for membership in memberships:
        unread[membership.conversation_id] = (
            session.query(func.count(Message.id))
            .filter(Message.conversation_id == membership.conversation_id, Message.id > membership.last_read_id)
            .scalar())
    return {conversation: count for conversation, count in unread.items() if count}


def collection_counts(session, owner_id, first_artifact):
    """N+1 twice, 1 + 2 * 50 statements: in how many collections each artifact is, and in how many of mine."""
    artifacts = (session.query(Artifact).filter(Artifact.id >= first_artifact)
                 .order_by(Artifact.id).limit(PAGE).all())
    return [(artifact.id,
             artifact.collections.count(),
             artifact.collections.filter(Collection.owner_id == owner_id).count())
            for artifact in artifacts]


def checkout(session, user_id):
    """Duplicate: each step of the checkout asks for the same profile again."""
    seen = []
    for step in range(CHECKOUT_STEPS):
        profile = session.query(User.name, User.email, User.country).filter(User.id == user_id).one()
        seen.append((step, *profile))
    return seen


def queue_position(session, waiting_id):
    """Unbounded result: every waiting session is loaded to find the place of one."""
    waiting = (session.query(QueueSession).filter(QueueSession.status == "waiting")
               .order_by(QueueSession.joined_at).all())
    return [queued.id for queued in waiting].index(waiting_id) + 1


def dashboard(session, since):
    """Ten statements, each an aggregate of its own, most of them over the same orders."""
    orders = session.query(Order).filter(Order.created_at >= since)
    return (
        orders.with_entities(func.count(Order.id)).scalar(),
        orders.with_entities(func.sum(Order.total)).scalar(),
        orders.with_entities(func.max(Order.total)).scalar(),
        orders.with_entities(func.min(Order.total)).scalar(),
        orders.with_entities(func.count(Order.user_id.distinct())).scalar(),
        orders.with_entities(func.count(Order.id)).filter(Order.status == "refunded").scalar(),
        orders.with_entities(func.sum(Order.total)).filter(Order.status == "returned").scalar(),
        session.query(func.count(User.id)).filter(User.created_at >= since).scalar(),
        session.query(func.count(Message.id)).filter(Message.created_at >= since).scalar(),
        session.query(func.count(QueueSession.id)).filter(QueueSession.status == "waiting").scalar(),
    )


def message_feed(session, page, before_id):
    """Deep OFFSET: the server walks over all the earlier pages to give one."""
    messages = session.query(Message).order_by(Message.id.desc()).offset((page - 1) * FEED_PAGE).limit(FEED_PAGE)
    return [message.id for message in messages]


def history(session, conversation_id):
    """No LIMIT: a channel's whole history is loaded to show its end."""
    messages = (session.query(Message).filter(Message.conversation_id == conversation_id)
                .order_by(Message.id).all())
    return [message.id for message in messages[-PAGE:]]


def search_user(session, name):
    """A function on the column: no index on name can serve lower(name)."""
    return [user.id for user in session.query(User).filter(func.lower(User.name) == name.lower()).limit(PAGE)]


def search_artifact(session, word):
    """LIKE '%word%': no btree index can serve it."""
    artifacts = session.query(Artifact).filter(Artifact.title.like(f"%{word}%")).order_by(Artifact.title).limit(PAGE)
    return [artifact.id for artifact in artifacts]


def delivery_receipt(session, gateway_id):
    """Missing index: a message is looked up by a column of the largest table that has none."""
    return session.query(Message.id, Message.conversation_id).filter(Message.gateway_id == gateway_id).all()
