"""Groups of audiences, and tiers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audiences", "0006_synced_lists")]

    operations = []
