"""Audiences that are lists, made here or elsewhere."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("audiences", "0004_the_database_keeps_the_promises_of_rules"),
        ("segments", "0006_lists_of_audiences"),
    ]

    operations = []
