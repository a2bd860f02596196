"""People are found by e-mail and phone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("segments", "0006_lists_of_audiences")]

    operations = []
