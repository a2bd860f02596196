"""People are found by e-mail and phone."""

from django.db import migrations, models

from segments.models import space


class Migration(migrations.Migration):
    dependencies = [("segments", "0006_lists_of_audiences")]

    operations = [
        migrations.AddField(
            "space",
            "country",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Phone numbers without a country's code are of this one: its two "
                "letters, e.g. NL. Without it, such numbers find nobody.",
                max_length=2,
                validators=[space.validate_country],
            ),
        ),
    ]
