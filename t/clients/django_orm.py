"""Django's ORM over psycopg2: autocommit but where atomic() is used."""

import os

import django
from django.conf import settings

from scenarios import application, main, scenario

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"],
                           "HOST": os.environ["PGHOST"], "PORT": os.environ["PGPORT"], "USER": os.environ["PGUSER"]}},
    INSTALLED_APPS=["scenarios"], USE_TZ=False, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()

from django.core.paginator import Paginator  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.db.models import Count, Max, Min, Prefetch  # noqa: E402


class Base(models.Model):
    class Meta:
        abstract = True
        managed = False
        app_label = "scenarios"


class Country(Base):
    code = models.TextField(primary_key=True)
    name = models.TextField()

    class Meta(Base.Meta):
        abstract = False
        db_table = "countries"


class Customer(Base):
    name = models.TextField(unique=True)
    email = models.TextField()
    active = models.BooleanField(default=True)
    country = models.ForeignKey(Country, models.DO_NOTHING, db_column="country_code", null=True)

    class Meta(Base.Meta):
        abstract = False
        db_table = "customers"


class Order(Base):
    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="orders")
    status = models.TextField()
    placed_on = models.DateField(null=True)

    class Meta(Base.Meta):
        abstract = False
        db_table = "orders"


class Payment(Base):
    order = models.ForeignKey(Order, models.DO_NOTHING, related_name="payments")
    amount = models.IntegerField()

    class Meta(Base.Meta):
        abstract = False
        db_table = "payments"


class Product(Base):
    sku = models.CharField(max_length=20)
    name = models.TextField()
    stock = models.IntegerField()

    class Meta(Base.Meta):
        abstract = False
        db_table = "products"


class Review(Base):
    product = models.ForeignKey(Product, models.DO_NOTHING, related_name="reviews")
    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="reviews")
    stars = models.IntegerField()
    body = models.TextField()

    class Meta(Base.Meta):
        abstract = False
        db_table = "reviews"


class Device(Base):
    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="devices")
    name = models.TextField()

    class Meta(Base.Meta):
        abstract = False
        db_table = "devices"


class Reading(Base):
    device = models.ForeignKey(Device, models.DO_NOTHING, related_name="readings")
    value = models.IntegerField()

    class Meta(Base.Meta):
        abstract = False
        db_table = "readings"


class Note(Base):
    """As contrib.contenttypes keeps it: any object, its key as text."""
    object_type = models.TextField()
    object_id = models.TextField()
    body = models.TextField()

    class Meta(Base.Meta):
        abstract = False
        db_table = "notes"


class Line(Base):
    """Django 3 knows no composite keys: good enough to read."""
    order = models.ForeignKey(Order, models.DO_NOTHING, related_name="lines", primary_key=True)
    line_no = models.IntegerField()
    product = models.ForeignKey(Product, models.DO_NOTHING)

    class Meta(Base.Meta):
        abstract = False
        db_table = "order_lines"


class Setting(Base):
    key = models.TextField(primary_key=True)
    value = models.TextField()

    class Meta(Base.Meta):
        abstract = False
        db_table = "settings"


def work(job):
    """In a connection of its own, with the scenario's name."""
    connection.settings_dict["OPTIONS"] = {"application_name": application(job.__name__)}
    job()
    connection.close()


def works(*label):
    def register(job):
        def run():
            work(job)
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


# -- lazy ------------------------------------------------------------------------------

@works("n_plus_one customers.id <- orders.customer_id")
def foreign_key():
    for order in Order.objects.order_by("id")[:30]:
        order.customer.name


@works("n_plus_one orders.customer_id <- customers.id")
def reverse_set():
    for customer in Customer.objects.filter(active=True).order_by("name")[:20]:
        list(customer.orders.all())


@works("n_plus_one orders.customer_id <- customers.id")
def reverse_set_atomic():
    with transaction.atomic():
        for customer in Customer.objects.filter(active=True).order_by("name")[:20]:
            list(customer.orders.all())


@works("n_plus_one orders.customer_id <- customers.id count")
def count_in_a_template():
    for customer in Customer.objects.order_by("id")[:25]:
        customer.orders.count()


@works("n_plus_one reviews.product_id <- products.id exists")
def exists_in_a_template():
    for product in Product.objects.order_by("sku")[:25]:
        product.reviews.filter(stars__gte=4).exists()


@works("n_plus_one orders.customer_id <- customers.id")
def first_of_each():
    for customer in Customer.objects.order_by("id")[:25]:
        customer.orders.order_by("-placed_on").first()


@works("n_plus_one customers.id <- orders.customer_id", "n_plus_one countries.code <- customers.country_code")
def chain_of_foreign_keys():
    for order in Order.objects.order_by("id")[:40]:
        order.customer.country.name


@works("n_plus_one orders.customer_id <- customers.id", "n_plus_one payments.order_id <- orders.id")
def nested_sets():
    for customer in Customer.objects.order_by("id")[:15]:
        for order in customer.orders.all():
            sum(payment.amount for payment in order.payments.all())


@works("n_plus_one orders.id <- order_lines.order_id")
def same_object_for_several_rows():
    """No identity map: three lines of one order load it three times."""
    for line in Line.objects.order_by("order_id", "line_no")[:36]:
        line.order.status


@works("n_plus_one readings.device_id <- devices.id")
def set_by_uuid():
    for device in Device.objects.order_by("name")[:20]:
        list(device.readings.all())


@works("n_plus_one notes.object_id <- customers.id")
def generic_relation():
    for customer in Customer.objects.order_by("id")[:20]:
        list(Note.objects.filter(object_type="customer", object_id=str(customer.pk)))


@works("n_plus_one customers.name <- customers.name")
def look_up_ignoring_case():
    for name in Customer.objects.order_by("id").values_list("name", flat=True)[:20]:
        list(Customer.objects.filter(name__iexact=name).values("id"))


@works("n_plus_one orders.customer_id <- customers.id")
def filtered_after_prefetch():
    """prefetch_related() in vain: filter() asks again."""
    for customer in Customer.objects.prefetch_related("orders").order_by("id")[:20]:
        list(customer.orders.filter(status="open"))


@works("n_plus_one customers.id <- customers.id")
def deferred_field():
    for customer in Customer.objects.only("name").order_by("id")[:20]:
        customer.email


@works("n_plus_one orders.customer_id <- customers.id")
def iterator_as_parent():
    for customer in Customer.objects.order_by("id").iterator(chunk_size=30):
        if customer.pk <= 60:
            list(customer.orders.all())


@works("duplicate_statement settings")
def setting_read_in_every_row():
    for order in Order.objects.order_by("id")[:20]:
        Setting.objects.get(key="currency")


@works("duplicate_statement customers")
def same_user_for_every_row():
    for order in Order.objects.filter(customer=5).union(Order.objects.filter(customer=5, status="open"))[:3]:
        for i in range(8):
            Customer.objects.get(pk=5)


# -- done well -------------------------------------------------------------------------

@works()
def related_objects():
    list(Order.objects.select_related("customer__country")[:60])
    list(Customer.objects.prefetch_related("orders__payments", "reviews__product")[:60])
    list(Customer.objects.prefetch_related(Prefetch("orders", Order.objects.filter(status="open"), to_attr="open")))
    list(Customer.objects.annotate(n=Count("orders"))[:60])


@works()
def get_or_create():
    for i in range(24):
        Setting.objects.get_or_create(key=f"django:{i % 16}", defaults={"value": "1"})
    with transaction.atomic():
        for i in range(24):
            Setting.objects.get_or_create(key=f"django too:{i}", defaults={"value": "1"})


@works()
def update_or_create():
    with transaction.atomic():
        for i in range(24):
            Setting.objects.update_or_create(key=f"django:{i}", defaults={"value": "2"})


@works()
def validation():
    with transaction.atomic():
        for i in range(20):
            customer = Customer(name=f"validated {i}", email="x")
            customer.full_clean(exclude=["country"])
            customer.save()


@works()
def bulk_writes():
    Note.objects.bulk_create([Note(object_type="bulk", object_id=i, body="x") for i in range(300)], batch_size=20)
    notes = list(Note.objects.filter(object_type="bulk"))
    for note in notes:
        note.body = "y"
    Note.objects.bulk_update(notes, ["body"], batch_size=20)
    Note.objects.filter(object_type="bulk").delete()
    Setting.objects.in_bulk(["site", "currency"])


@works()
def pages():
    pages = Paginator(Order.objects.order_by("id"), 40)
    for number in pages.page_range:
        list(pages.page(number))


@works()
def requests():
    """Views of one worker, one after the other."""
    list(Customer.objects.order_by("id")[:60])
    for pk in (3, 58, 12, 50, 3, 9, 41, 28, 57, 40, 33, 5, 51, 18, 24, 36, 7, 2):
        customer = Customer.objects.get(pk=pk)
        list(customer.orders.all()[:10])
        customer.country


@works()
def several_atomic_requests():
    for pk in (3, 58, 12, 50, 3, 9, 41, 28, 57, 40, 33, 5, 51, 18, 24, 36, 7, 2):
        with transaction.atomic():
            customer = Customer.objects.select_for_update().get(pk=pk)
            customer.email = "x"
            customer.save(update_fields=["email"])


@works()
def nested_atomic_blocks():
    with transaction.atomic():
        for i in range(20):
            with transaction.atomic():
                Note.objects.create(object_type="atomic", object_id=str(i), body="x")


@works("chatty_unit - sequential_aggregates")
def counts_of_a_dashboard():
    for table in (Customer, Order, Payment, Product, Review, Device, Reading, Note):
        table.objects.count()


@works("chatty_unit orders sequential_aggregates")
def figures_of_a_dashboard():
    with transaction.atomic():
        for status in ("open", "done", "lost"):
            Order.objects.filter(status=status).count()
        Order.objects.aggregate(Min("placed_on"))
        Order.objects.aggregate(Max("placed_on"))
        Order.objects.aggregate(Max("id"), Min("id"))
        Order.objects.aggregate(Count("customer_id", distinct=True))


@works("chatty_unit - eager_cascade")
def everything_prefetched():
    list(Customer.objects.order_by("id").prefetch_related(
        "orders", "orders__payments", "orders__lines", "orders__lines__product", "reviews", "devices", "devices__readings")[:30])


@works()
def introspection():
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            connection.introspection.get_table_description(cursor, table)
            connection.introspection.get_constraints(cursor, table)
            connection.introspection.get_relations(cursor, table)


@works()
def migrations():
    class Added(Base):
        title = models.CharField(max_length=30, db_index=True)

        class Meta(Base.Meta):
            abstract = False
            managed = True
            db_table = "django_added"
    with connection.schema_editor() as editor:
        editor.create_model(Added)
        for i in range(12):
            field = models.IntegerField(default=i)
            field.set_attributes_from_name(f"column_{i}")
            editor.add_field(Added, field)
    with connection.schema_editor() as editor:
        editor.delete_model(Added)


@works()
def requests_of_one_user():
    for i in range(25):
        Setting.objects.get(key="customer:9")
        customer = Customer.objects.get(pk=9)
        list(customer.orders.all()[:5])


@works()
def lists_and_details():
    for pk in (30, 4, 19, 45, 8, 27, 13, 36, 2, 41, 22, 11, 49, 16, 33):
        list(Customer.objects.order_by("id")[:50])
        customer = Customer.objects.get(pk=pk)
        list(customer.orders.all())


@works("row_by_row_write products.id update")
def saves_in_a_loop():
    with transaction.atomic():
        for product in Product.objects.order_by("id")[:20]:
            product.stock = 5
            product.save()


@works()
def refresh_after_write():
    product = Product.objects.get(pk=7)
    for i in range(15):
        Product.objects.filter(pk=7).update(stock=models.F("stock") + 1)
        product.refresh_from_db()


@works()
def chunks_by_key():
    ids = list(Customer.objects.order_by("id").values_list("pk", flat=True)[:120])
    for at in range(0, 120, 8):
        list(Order.objects.filter(customer_id__in=ids[at:at + 8]))
    for customer in Customer.objects.prefetch_related("orders").iterator(chunk_size=20):
        customer.pk


@works()
def few_related_objects():
    for order in Order.objects.order_by("id")[:6]:
        order.customer.name


@works()
def aggregates():
    Order.objects.filter(status="open").count()
    Order.objects.filter(status="done").count()
    Review.objects.aggregate(models.Avg("stars"), models.Max("stars"))
    list(Review.objects.values("product_id").annotate(models.Avg("stars")))
    Customer.objects.filter(orders__status="open").distinct().count()
    Product.objects.filter(reviews__stars=5).exists()


@works()
def raw_cursor():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM customers ORDER BY id")
        while cursor.fetchmany(20):
            pass


main()
