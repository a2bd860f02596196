"""Imports, as rows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("segments", "0007_people_found_by_email_and_phone")]

    operations = []
