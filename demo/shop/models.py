"""The shop's tables as SQLAlchemy classes.

Must never create or change a table: sql/schema.sql does.
"""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import declarative_base, deferred, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(BigInteger, primary_key=True)
    name = Column(Text)
    name_folded = deferred(Column(Text))
    email = Column(Text)
    country = Column(Text)
    created_at = Column(DateTime(timezone=True))
    memberships = relationship("Membership", back_populates="user")


class Conversation(Base):
    __tablename__ = "conversations"
    id = Column(BigInteger, primary_key=True)
    title = Column(Text)
    updated_at = Column(DateTime(timezone=True))
    memberships = relationship("Membership", back_populates="conversation")
    messages = relationship("Message", back_populates="conversation", lazy="dynamic")


class Membership(Base):
    __tablename__ = "memberships"
    user_id = Column(ForeignKey("users.id"), primary_key=True)
    conversation_id = Column(ForeignKey("conversations.id"), primary_key=True)
    last_read_id = Column(BigInteger)
    user = relationship("User", back_populates="memberships")
    conversation = relationship("Conversation", back_populates="memberships")


class Message(Base):
    __tablename__ = "messages"
    id = Column(BigInteger, primary_key=True)
    conversation_id = Column(ForeignKey("conversations.id"))
    sender_id = Column(ForeignKey("users.id"))
    gateway_id = Column(BigInteger)
    body = Column(Text)
    created_at = Column(DateTime(timezone=True))
    conversation = relationship("Conversation", back_populates="messages")


collection_artifacts = Table(
    "collection_artifacts", Base.metadata,
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("artifact_id", ForeignKey("artifacts.id"), primary_key=True),
)


class Artifact(Base):
    __tablename__ = "artifacts"
    id = Column(BigInteger, primary_key=True)
    owner_id = Column(ForeignKey("users.id"))
    title = Column(Text)
    title_words = deferred(Column(TSVECTOR))
    price = Column(Numeric(10, 2))
    collections = relationship("Collection", secondary=collection_artifacts, lazy="dynamic",
                               back_populates="artifacts")


class Collection(Base):
    __tablename__ = "collections"
    id = Column(BigInteger, primary_key=True)
    owner_id = Column(ForeignKey("users.id"))
    name = Column(Text)
    artifacts = relationship("Artifact", secondary=collection_artifacts, lazy="dynamic",
                             back_populates="collections")


class QueueSession(Base):
    __tablename__ = "queue_sessions"
    id = Column(BigInteger, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    status = Column(Text)
    joined_at = Column(DateTime(timezone=True))


class Order(Base):
    __tablename__ = "orders"
    id = Column(BigInteger, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    status = Column(Text)
    total = Column(Numeric(10, 2))
    created_at = Column(DateTime(timezone=True))
