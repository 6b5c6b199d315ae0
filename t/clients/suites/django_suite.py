"""A test suite as docs/testing.md has it: Django's TestCase, which runs a class of tests in one transaction.

Lazy must fail with perfaudit.notice = error, Eager must pass; t/030_test_suites.pl runs both.
"""

import os
import unittest
from itertools import count

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"],
                           "HOST": os.environ["PGHOST"], "PORT": os.environ["PGPORT"], "USER": os.environ["PGUSER"],
                           "OPTIONS": {"options": "-c perfaudit.notice=" + os.environ["SUITE_NOTICE"]}}},
    INSTALLED_APPS=[], USE_TZ=False, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    ROOT_URLCONF="__main__", ALLOWED_HOSTS=["testserver"], MIDDLEWARE=["__main__.perfaudit_unit"])
django.setup()

from django.db import connection, models  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import TestCase  # noqa: E402
from django.urls import path  # noqa: E402


class Customer(models.Model):
    name = models.TextField(unique=True)

    class Meta:
        managed = False
        app_label = "django_suite"
        db_table = "customers"


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.DO_NOTHING)

    class Meta:
        managed = False
        app_label = "django_suite"
        db_table = "orders"


def names(orders):
    return [order.customer.name for order in orders]


def lazy(request):
    return HttpResponse(names(Order.objects.order_by("id")[:20]))


def eager(request):
    return HttpResponse(names(Order.objects.select_related("customer").order_by("id")[:20]))


def one(request, pk):
    return HttpResponse(Order.objects.get(pk=pk).customer.name)


urlpatterns = [path("lazy", lazy), path("eager", eager), path("orders/<int:pk>", one)]


requests = count(1)


def set_unit(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('perfaudit.unit', %s, false)", [name])


def perfaudit_unit(get_response):
    def middleware(request):
        set_unit(f"{next(requests)} {request.method} {request.path}")
        return get_response(request)
    return middleware


class Tests(TestCase):
    def setUp(self):
        set_unit(self.id())

    def request(self, url):
        self.assertEqual(self.client.get(url).status_code, 200)


class Lazy(Tests):
    def test_request(self):
        self.request("/lazy")

    def test_request_again(self):
        self.request("/lazy")

    def test_orm(self):
        names(Order.objects.order_by("id")[:20])

    def test_ten_rows(self):
        names(Order.objects.order_by("id")[:10])


class Eager(Tests):
    def test_request(self):
        self.request("/eager")

    def test_orm(self):
        names(Order.objects.select_related("customer").order_by("id")[:20])

    def test_independent_requests(self):
        for pk in Order.objects.order_by("id").values_list("id", flat=True)[:20]:
            self.request(f"/orders/{pk}")

    def test_nine_rows(self):
        names(Order.objects.order_by("id")[:9])


if __name__ == "__main__":
    unittest.main()
