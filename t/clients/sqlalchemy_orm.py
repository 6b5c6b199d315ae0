"""SQLAlchemy's ORM over psycopg2: sessions, lazy and eager loading."""

from sqlalchemy import (Boolean, Column, Date, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, Text,
                        create_engine, func, inspect, select)
from sqlalchemy.dialects.postgresql import UUID, insert
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload, subqueryload

from scenarios import main, scenario, url

Base = declarative_base()


class Country(Base):
    __tablename__ = "countries"
    code = Column(Text, primary_key=True)
    name = Column(Text)


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    name = Column(Text)
    email = Column(Text)
    active = Column(Boolean, default=True)
    country_code = Column(ForeignKey("countries.code"))
    referrer_id = Column(ForeignKey("customers.id"))
    country = relationship(Country)
    referrer = relationship("Customer", remote_side=[id])
    orders = relationship("Order", back_populates="customer", order_by="Order.id")
    addresses = relationship("Address", lazy="dynamic")
    reviews = relationship("Review", order_by="Review.id")
    devices = relationship("Device")


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer_id = Column(ForeignKey("customers.id"))
    status = Column(Text)
    placed_on = Column(Date)
    customer = relationship(Customer, back_populates="orders")
    lines = relationship("Line", order_by="Line.line_no")
    payments = relationship("Payment")


class Payment(Base):
    __tablename__ = "payments"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
    amount = Column(Integer)


class Line(Base):
    __tablename__ = "order_lines"
    order_id = Column(ForeignKey("orders.id"), primary_key=True)
    line_no = Column(Integer, primary_key=True)
    product_id = Column(ForeignKey("products.id"))
    quantity = Column(Integer)
    product = relationship("Product")
    shipments = relationship("Shipment")


class Shipment(Base):
    __tablename__ = "shipments"
    id = Column(Integer, primary_key=True)
    order_id = Column(Integer)
    line_no = Column(Integer)
    carrier = Column(Text)
    __table_args__ = (ForeignKeyConstraint(["order_id", "line_no"], ["order_lines.order_id", "order_lines.line_no"]),)


class Product(Base):
    __tablename__ = "products"
    id = Column(Integer, primary_key=True)
    sku = Column(String(20))
    name = Column(Text)
    stock = Column(Integer)
    lines = relationship("Line", viewonly=True)
    reviews = relationship("Review", viewonly=True)


class Review(Base):
    __tablename__ = "reviews"
    id = Column(Integer, primary_key=True)
    product_id = Column(ForeignKey("products.id"))
    customer_id = Column(ForeignKey("customers.id"))
    stars = Column(Integer)
    product = relationship(Product)


class Address(Base):
    __tablename__ = "addresses"
    id = Column(Integer, primary_key=True)
    customer_id = Column(ForeignKey("customers.id"))
    city = Column(Text)


class Device(Base):
    __tablename__ = "devices"
    id = Column(UUID(as_uuid=True), primary_key=True)
    customer_id = Column(ForeignKey("customers.id"))
    name = Column(Text)
    readings = relationship("Reading")


class Reading(Base):
    __tablename__ = "readings"
    id = Column(Integer, primary_key=True)
    device_id = Column(ForeignKey("devices.id"))
    value = Column(Integer)


class Setting(Base):
    __tablename__ = "settings"
    key = Column(Text, primary_key=True)
    value = Column(Text)


def engine(name, **options):
    return create_engine(url("postgresql+psycopg2", name), **options)


def work(name, job, autocommit=False):
    options = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
    e = engine(name, **options)
    with Session(e) as session:
        job(session)
        session.commit()
    e.dispose()


# -- lazy loading ---------------------------------------------------------------------

def lazy_collections(s):
    for customer in s.scalars(select(Customer).order_by(Customer.id).limit(20)):
        len(customer.orders)


@scenario("n_plus_one orders.customer_id <- customers.id")
def lazy_collection():
    work("lazy_collection", lazy_collections)


@scenario("n_plus_one orders.customer_id <- customers.id")
def lazy_collection_in_autocommit():
    work("lazy_collection_in_autocommit", lazy_collections, autocommit=True)


@scenario("n_plus_one customers.id <- orders.customer_id")
def lazy_reference():
    def job(s):
        for order in s.scalars(select(Order).where(Order.status == "open").order_by(Order.placed_on, Order.id).limit(30)):
            order.customer.name
    work("lazy_reference", job, autocommit=True)


@scenario("n_plus_one countries.code <- customers.country_code")
def lazy_reference_by_text():
    def job(s):
        for customer in s.scalars(select(Customer).order_by(Customer.name).limit(40)):
            customer.country.name
    work("lazy_reference_by_text", job, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id", "n_plus_one order_lines.order_id <- orders.id",
          "n_plus_one products.id <- order_lines.product_id")
def lazy_three_levels():
    def job(s):
        for customer in s.scalars(select(Customer).order_by(Customer.id).limit(12)):
            for order in customer.orders:
                for line in order.lines:
                    line.product.name
    work("lazy_three_levels", job)


@scenario("n_plus_one orders.customer_id <- customers.id", "n_plus_one order_lines.order_id <- orders.id",
          "n_plus_one products.id <- order_lines.product_id|reviews.product_id", "n_plus_one reviews.customer_id <- customers.id",
          "n_plus_one addresses.customer_id <- customers.id count",
          "n_plus_one devices.customer_id <- customers.id", "n_plus_one readings.device_id <- devices.id",
          "n_plus_one countries.code <- customers.country_code")
def page_with_everything_lazy():
    """The products of lines and of reviews are loaded by one statement: one finding, of either parent."""
    def job(s):
        for customer in s.scalars(select(Customer).where(Customer.id > 40).order_by(Customer.id).limit(15)):
            for order in customer.orders:
                for line in order.lines:
                    line.product
            for review in customer.reviews:
                review.product
            customer.addresses.count()
            for device in customer.devices:
                device.readings
            customer.country
    work("page_with_everything_lazy", job)


@scenario("n_plus_one customers.id <- orders.customer_id", "n_plus_one countries.code <- customers.country_code")
def chain_of_references():
    def job(s):
        for order in s.scalars(select(Order).order_by(Order.id).limit(40)):
            order.customer.country.name
    work("chain_of_references", job, autocommit=True)


@scenario("n_plus_one shipments.order_id <- order_lines.order_id")
def lazy_collection_by_composite_key():
    def job(s):
        for line in s.scalars(select(Line).where(Line.product_id == 7)):
            line.shipments
    work("lazy_collection_by_composite_key", job, autocommit=True)


@scenario("n_plus_one readings.device_id <- devices.id")
def lazy_collection_by_uuid():
    def job(s):
        for device in s.scalars(select(Device).order_by(Device.name).limit(20)):
            device.readings
    work("lazy_collection_by_uuid", job, autocommit=True)


@scenario("n_plus_one customers.id <- customers.referrer_id")
def lazy_reference_to_itself():
    def job(s):
        for customer in s.scalars(select(Customer).where(Customer.id > 120).order_by(Customer.id).limit(60)):
            customer.referrer
    work("lazy_reference_to_itself", job, autocommit=True)


@scenario("n_plus_one addresses.customer_id <- customers.id count")
def count_of_dynamic_collection():
    def job(s):
        for customer in s.scalars(select(Customer).order_by(Customer.id).limit(20)):
            customer.addresses.count()
    work("count_of_dynamic_collection", job)


@scenario("n_plus_one reviews.product_id <- products.id exists")
def exists_for_each():
    def job(s):
        for product in s.scalars(select(Product).order_by(Product.sku).limit(20)):
            s.scalar(select(select(Review).where(Review.product_id == product.id, Review.stars > 3).exists()))
    work("exists_for_each", job, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id")
def latest_of_each():
    def job(s):
        for customer in s.scalars(select(Customer).order_by(Customer.id).limit(20)):
            s.scalars(select(Order).where(Order.customer_id == customer.id).order_by(Order.placed_on.desc()).limit(1)).first()
    work("latest_of_each", job)


@scenario("n_plus_one customers.id <- orders.customer_id")
def get_by_ids_of_a_list():
    def job(s):
        for (id,) in s.execute(select(Order.customer_id).distinct().limit(30)).all():
            s.get(Customer, id)
    work("get_by_ids_of_a_list", job, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id")
def streamed_parent():
    def job(s):
        with s.get_bind().connect() as other:
            for row in other.execution_options(stream_results=True, max_row_buffer=20).execute(
                    select(Customer.id, Customer.name).order_by(Customer.id).limit(40)):
                other.execute(select(Order).where(Order.customer_id == row.id)).all()
    work("streamed_parent", job)


@scenario("n_plus_one customers.id <- orders.customer_id")
def refresh_of_each():
    def job(s):
        customers = [order.customer_id for order in s.scalars(select(Order).order_by(Order.id).limit(25))]
        loaded = s.scalars(select(Customer).where(Customer.id.in_(customers))).all()
        s.expire_all()
        for order in s.scalars(select(Order).order_by(Order.id).limit(25)):
            order.customer.email
        len(loaded)
    work("refresh_of_each", job)


@scenario("duplicate_statement settings")
def setting_read_again():
    def job(s):
        for i in range(20):
            s.execute(select(Setting.value).where(Setting.key == "currency")).scalar()
    work("setting_read_again", job)


# -- many statements, much too much at once ---------------------------------------------

def ten_figures(s):
    s.scalar(select(func.count()).select_from(Order))
    for status in ("open", "done", "lost"):
        s.scalar(select(func.count()).select_from(Order).where(Order.status == status))
    s.scalar(select(func.count(Order.customer_id.distinct())))
    s.scalar(select(func.min(Order.placed_on)))
    s.scalar(select(func.max(Order.placed_on)))
    s.scalar(select(func.max(Order.id)).where(Order.status == "open"))
    s.scalar(select(func.count()).select_from(Order).where(Order.customer_id == 7))
    s.scalar(select(func.avg(Order.customer_id)))


@scenario("chatty_unit orders sequential_aggregates")
def dashboard():
    work("dashboard", ten_figures)


@scenario("chatty_unit orders sequential_aggregates")
def dashboard_in_autocommit():
    work("dashboard_in_autocommit", ten_figures, autocommit=True)


def everything_eagerly(s):
    s.scalars(select(Customer).order_by(Customer.id).limit(30).options(
        selectinload(Customer.orders).options(selectinload(Order.lines).selectinload(Line.product), selectinload(Order.payments)),
        selectinload(Customer.reviews), selectinload(Customer.devices).selectinload(Device.readings),
        selectinload(Customer.country))).all()


@scenario("chatty_unit - eager_cascade")
def cascade():
    work("cascade", everything_eagerly)


@scenario("chatty_unit - eager_cascade")
def cascade_in_autocommit():
    work("cascade_in_autocommit", everything_eagerly, autocommit=True)


@scenario("large_eager_join products")
def two_lists_in_one_join():
    def job(s):
        s.scalars(select(Product).options(joinedload(Product.lines), joinedload(Product.reviews))).unique().all()
    work("two_lists_in_one_join", job)


# -- done well ----------------------------------------------------------------------------

@scenario()
def eager_loading():
    def job(s):
        s.scalars(select(Customer).limit(60).options(selectinload(Customer.orders).selectinload(Order.lines).joinedload(Line.product),
                                                     joinedload(Customer.country), selectinload(Customer.reviews))).all()
        s.expunge_all()
        s.scalars(select(Order).limit(50).options(joinedload(Order.customer), subqueryload(Order.lines))).unique().all()
        s.expunge_all()
        # more keys than go into one list: the loader asks again and again
        s.scalars(select(Order).options(selectinload(Order.lines), selectinload(Order.customer)).execution_options(yield_per=30)).all()
    work("eager_loading", job)


@scenario()
def lists_in_joins():
    def job(s):
        s.scalars(select(Customer).options(joinedload(Customer.orders).joinedload(Order.lines).joinedload(Line.product))).unique().all()
        s.scalars(select(Line).options(joinedload(Line.product))).all()
        s.scalars(select(Product).options(selectinload(Product.lines), joinedload(Product.reviews))).unique().all()
    work("lists_in_joins", job, autocommit=True)


@scenario()
def figures_in_one():
    def job(s):
        s.execute(select(func.count(), func.count().filter(Order.status == "open"), func.min(Order.placed_on), func.max(Order.id)))
        s.execute(select(Order.status, func.count()).group_by(Order.status)).all()
    work("figures_in_one", job)


@scenario()
def lists_with_their_counts():
    def job(s):
        for table in (Customer, Order, Product, Review, Address, Device, Reading, Payment):
            s.scalar(select(func.count()).select_from(table))
            s.scalars(select(table).limit(5)).all()
    work("lists_with_their_counts", job, autocommit=True)
    work("lists_with_their_counts", job)


@scenario("row_by_row_write customers.id update")
def unit_of_work_flush():
    def job(s):
        for i in range(20):
            s.add(Customer(name=f"flushed {i}", orders=[Order(status="open"), Order(status="done")]))
        s.flush()
        for customer in s.scalars(select(Customer).where(Customer.name.like("flushed %")).options(selectinload(Customer.orders))):
            customer.email = "x"
        s.flush()
        s.rollback()
    work("unit_of_work_flush", job)


@scenario()
def requests_with_sessions():
    e = engine("requests_with_sessions", pool_size=1, max_overflow=0, pool_pre_ping=True)
    for user in (3, 77, 12, 150, 3, 9, 61, 28, 77, 140, 33, 5, 91, 18, 64):
        with Session(e) as s:
            customer = s.get(Customer, user)
            customer.orders
            s.scalars(select(Review).where(Review.customer_id == user).limit(3)).all()
    e.dispose()


@scenario()
def requests_in_autocommit():
    e = engine("requests_in_autocommit", pool_size=1, max_overflow=0, isolation_level="AUTOCOMMIT")
    with Session(e) as s:
        s.scalars(select(Customer).order_by(Customer.id).limit(100)).all()
    for user in (3, 77, 12, 50, 3, 9, 61, 28, 77, 40, 33, 5, 91, 18, 64, 31, 12, 80, 6, 55):
        with Session(e) as s:
            customer = s.get(Customer, user)
            customer.orders
            customer.country
    e.dispose()


@scenario()
def introspection():
    e = engine("introspection")
    names = inspect(e).get_table_names()
    metadata = MetaData()
    metadata.reflect(e)
    assert len(names) == len(metadata.tables)
    e.dispose()


@scenario("row_by_row_write settings insert")
def upserts_and_merges():
    def job(s):
        for i in range(20):
            s.execute(insert(Setting).values(key=f"merged:{i}", value="1").on_conflict_do_update(index_elements=["key"], set_={"value": "2"}))
        for i in range(20):
            s.merge(Setting(key=f"merged too:{i}", value="1"))
            s.flush()
    work("upserts_and_merges", job)


@scenario()
def pages():
    def job(s):
        last = 0
        for page in range(14):
            rows = s.scalars(select(Order).where(Order.id > last).order_by(Order.id).limit(40)).all()
            last = rows[-1].id if rows else last
        for page in range(14):
            s.scalars(select(Order).order_by(Order.id).offset(page * 40).limit(40)).all()
        s.scalar(select(func.count()).select_from(Order))
    work("pages", job)
    work("pages", job, autocommit=True)


@scenario()
def one_detail_page():
    def job(s):
        customer = s.get(Customer, 9)
        for order in customer.orders[:3]:
            [line.product.name for line in order.lines[:2]]
        customer.country
        customer.referrer
        customer.addresses.all()
    work("one_detail_page", job)


@scenario("row_by_row_write products.id update")
def save_of_many():
    def job(s):
        for product in s.scalars(select(Product).order_by(Product.id).limit(20)):
            product.stock += 1
            s.flush()
    work("save_of_many", job)


@scenario()
def nested_transactions():
    def job(s):
        for i in range(20):
            with s.begin_nested():
                s.add(Address(customer_id=1 + i, city="nested"))
    work("nested_transactions", job)


@scenario()
def bulk():
    def job(s):
        s.bulk_save_objects([Address(customer_id=1 + i, city="bulk") for i in range(60)])
        s.bulk_insert_mappings(Address, [{"customer_id": 1 + i, "city": "bulk"} for i in range(60)])
        s.query(Address).filter(Address.city == "bulk").delete(synchronize_session=False)
    work("bulk", job)


@scenario()
def streamed_export():
    def job(s):
        for order in s.scalars(select(Order).order_by(Order.id).execution_options(yield_per=25)):
            order.status
    work("streamed_export", job)


@scenario()
def workers_of_a_pool():
    import threading
    e = engine("workers_of_a_pool", pool_size=3, max_overflow=0)

    def request(user):
        with Session(e) as s:
            customer = s.get(Customer, user)
            [order.status for order in customer.orders]
            customer.country
    threads = [threading.Thread(target=request, args=(1 + i * 37 % 200,)) for i in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    e.dispose()


@scenario()
def joined_inheritance_of_keys():
    """One row by its key, then what belongs to it: for a few keys that a user has chosen."""
    def job(s):
        for user in (9, 150, 33, 71, 4, 118, 62):
            customer = s.get(Customer, user)
            s.scalars(select(Order).where(Order.customer_id == customer.id).limit(5)).all()
    work("joined_inheritance_of_keys", job)


@scenario()
def tables_made_and_dropped():
    e = engine("tables_made_and_dropped")
    from sqlalchemy import Table
    metadata = MetaData()
    for i in range(12):
        Table(f"made_{i}", metadata, Column("id", Integer, primary_key=True), Column("name", Text))
    metadata.create_all(e)
    metadata.drop_all(e)
    e.dispose()


main()
