"""A fresh schema as SQLAlchemy makes it, read back, filled a little, and used as its guides advise.

Usage: sqlalchemy_shop.py URL
"""
import sys

from sqlalchemy import (Boolean, Column, DateTime, ForeignKey, Integer, MetaData, Numeric, String, Table, Text,
                        create_engine, func, inspect, select)
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()

tagged = Table("tagged", Base.metadata,
               Column("product_id", ForeignKey("product.id"), primary_key=True),
               Column("tag_id", ForeignKey("tag.id"), primary_key=True, index=True))


class Customer(Base):
    __tablename__ = "customer"
    id = Column(Integer, primary_key=True)
    email = Column(String(100), unique=True, nullable=False)
    active = Column(Boolean, nullable=False, default=True)
    orders = relationship("Order", back_populates="customer")


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    name = Column(Text, unique=True)


class Product(Base):
    __tablename__ = "product"
    id = Column(Integer, primary_key=True)
    name = Column(Text, nullable=False, index=True)
    price = Column(Numeric(10, 2))
    tags = relationship(Tag, secondary=tagged)


class Order(Base):
    __tablename__ = "order"
    id = Column(Integer, primary_key=True)
    customer_id = Column(ForeignKey("customer.id"), nullable=False, index=True)
    placed = Column(DateTime(timezone=True), server_default=func.now(), index=True)
    customer = relationship(Customer, back_populates="orders")
    items = relationship("Item", back_populates="order", cascade="all, delete-orphan")


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("order.id", ondelete="CASCADE"), nullable=False, index=True)
    product_id = Column(ForeignKey("product.id"), nullable=False, index=True)
    amount = Column(Integer, nullable=False)
    order = relationship(Order, back_populates="items")
    product = relationship(Product)


def main(url):
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)  # looks what is there already
    for _ in range(3):
        MetaData().reflect(engine)
        inspector = inspect(engine)
        for table in inspector.get_table_names():
            inspector.get_columns(table)
            inspector.get_pk_constraint(table)
            inspector.get_foreign_keys(table)
            inspector.get_indexes(table)
            inspector.get_unique_constraints(table)
            inspector.get_check_constraints(table)
            inspector.get_table_comment(table)
    with Session(engine) as session:
        tags = [Tag(name=f"tag {n}") for n in range(10)]
        products = [Product(name=f"product {n}", price=n, tags=tags[n % 7:n % 7 + 3]) for n in range(200)]
        customers = [Customer(email=f"c{n}@example.com") for n in range(300)]
        session.add_all(products + customers)
        session.flush()
        session.add_all(Order(customer=customers[n % 300],
                              items=[Item(product=products[(n * 7 + i) % 200], amount=1) for i in range(3)])
                        for n in range(1000))
        session.commit()
    for page in range(20):
        with Session(engine) as session:
            session.execute(
                select(Order).options(joinedload(Order.customer), selectinload(Order.items).joinedload(Item.product))
                .order_by(Order.placed.desc(), Order.id.desc()).limit(20).offset(page * 20)).unique().all()
        with Session(engine) as session:
            customer = session.execute(select(Customer).where(Customer.email == f"c{page}@example.com")).scalar_one()
            customer.active = not customer.active
            len(customer.orders)
            session.commit()
        with Session(engine) as session:
            session.execute(select(func.count()).select_from(Order)).scalar()
            session.delete(session.get(Order, page + 1))
            session.commit()
    Base.metadata.drop_all(engine, tables=[tagged])


main(sys.argv[1])
