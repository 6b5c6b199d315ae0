"""A fresh site as Django's migrate makes it, read back, and used as its own applications do.

Usage: django_site.py HOST PORT DATABASE USER
"""
import io
import sys

import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    SECRET_KEY="none", USE_TZ=True, SITE_ID=1, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                    "django.contrib.sites"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "HOST": sys.argv[1], "PORT": sys.argv[2],
                           "NAME": sys.argv[3], "USER": sys.argv[4]}})
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

call_command("migrate", verbosity=0)
call_command("migrate", verbosity=0)  # looks what is there already
call_command("showmigrations", stdout=io.StringIO())
call_command("makemigrations", "--check", "--dry-run", stdout=io.StringIO())
call_command("inspectdb", stdout=io.StringIO())
for i in range(100):
    User.objects.create_user(f"user {i}", password=None)
for i in range(50):
    session = SessionStore()
    session["user"] = i
    session.create()
    User.objects.get(username=f"user {i}").get_all_permissions()
list(User.objects.prefetch_related("groups", "user_permissions"))
User.objects.filter(id__lt=20).delete()
call_command("clearsessions")
call_command("dumpdata", stdout=io.StringIO())
