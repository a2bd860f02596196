"""Segments that are an audience's list."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("segments", "0005_the_version_follows_the_clock_and_never_falls")]

    operations = []
