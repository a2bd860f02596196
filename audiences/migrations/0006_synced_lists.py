"""Lists that are synced from a source."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audiences", "0005_lists_from_elsewhere")]

    operations = []
