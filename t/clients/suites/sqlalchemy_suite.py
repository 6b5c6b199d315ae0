"""A test suite as docs/testing.md has it: SQLAlchemy's ORM, each test in a transaction that is rolled back.

Lazy must fail with perfaudit.notice = error, Eager must pass; t/030_test_suites.pl runs both.
"""

import os
import unittest

from sqlalchemy import Column, ForeignKey, Integer, Text, create_engine, text
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()
env = os.environ
engine = create_engine(f"postgresql+psycopg2://{env['PGUSER']}@/{env['PGDATABASE']}?host={env['PGHOST']}&port={env['PGPORT']}",
                       connect_args={"options": "-c perfaudit.notice=" + env["SUITE_NOTICE"]})


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    name = Column(Text)


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer_id = Column(ForeignKey("customers.id"))
    customer = relationship(Customer)


class Tests(unittest.TestCase):
    def setUp(self):
        connection = engine.connect()
        self.addCleanup(connection.close)
        transaction = connection.begin()
        self.addCleanup(transaction.rollback)
        self.session = Session(bind=connection)
        self.addCleanup(self.session.close)
        self.session.execute(text("SELECT set_config('perfaudit.unit', :test, false)"), {"test": self.id()})

    def names(self, limit, *options):
        orders = self.session.query(Order).options(*options).order_by(Order.id).limit(limit)
        return [order.customer.name for order in orders]


class Lazy(Tests):
    def test_lazy(self):
        self.names(20)

    def test_lazy_again(self):
        self.names(20)

    def test_ten_rows(self):
        self.names(10)


class Eager(Tests):
    def test_joined(self):
        self.names(20, joinedload(Order.customer))

    def test_selectin(self):
        self.names(20, selectinload(Order.customer))

    def test_nine_rows(self):
        self.names(9)


if __name__ == "__main__":
    unittest.main()
