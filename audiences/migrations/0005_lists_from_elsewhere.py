"""Audiences that are lists, made here or elsewhere; a list goes with its audience."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.lookups
from django.db import migrations, models

# The rows that hold segments go with their audience; a list, which nothing else can hold, follows.
LISTS_GO_WITH_THEIR_AUDIENCE = """
CREATE FUNCTION audiences_delete_lists_of_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM segments_segment WHERE is_list AND number IN (SELECT segment_number FROM let_go)
        AND number NOT IN (SELECT segment_number FROM audiences_audiencesegment);
    RETURN NULL;
END $$;
CREATE TRIGGER lists_go_with_their_audience
    AFTER DELETE ON audiences_audiencesegment REFERENCING OLD TABLE AS let_go
    FOR EACH STATEMENT EXECUTE FUNCTION audiences_delete_lists_of_nobody();
"""
LISTS_STAY = "DROP FUNCTION audiences_delete_lists_of_nobody() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("audiences", "0004_the_database_keeps_the_promises_of_rules"),
        ("segments", "0006_lists_of_audiences"),
    ]

    operations = [
        migrations.AddField(
            model_name="audience",
            name="external_id",
            field=models.CharField(
                blank=True,
                db_collation="C",
                help_text="Its identifier where it comes from; unique in the space and namespace.",
                max_length=255,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="audience",
            name="namespace",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Whose identifier that is, e.g. crm.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="audience",
            name="origin",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Where it comes from, e.g. CUSTOM_UPLOAD.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="audience",
            name="labels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255),
                blank=True,
                default=list,
                help_text="What may be done with it, in your own words or those of another system.",
                size=100,
            ),
        ),
        migrations.AddField(
            model_name="audience",
            name="ttl_days",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Days after which an external list runs out, unless it is renewed; 1 to 90.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(90),
                ],
            ),
        ),
        migrations.AddField(
            model_name="audience",
            name="expires_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When its members leave, unless it is renewed before.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="audience",
            name="metadata",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Anything else that is known of it, kept as it came.",
            ),
        ),
        migrations.AddConstraint(
            model_name="audience",
            constraint=models.UniqueConstraint(
                fields=("external_id", "space", "namespace"),
                name="audience_external_id_unique_in_space_and_namespace",
                violation_error_message="An audience with this external id already exists in this namespace.",
            ),
        ),
        migrations.AddConstraint(
            model_name="audience",
            constraint=models.CheckConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                name="audience_external_id_not_empty",
                violation_error_message="The external id must not be empty.",
            ),
        ),
        migrations.AddConstraint(
            model_name="audience",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ttl_days__isnull", True), ("ttl_days__range", (1, 90)), _connector="OR"
                ),
                name="audience_lives_1_to_90_days",
                violation_error_message="A list lives from 1 to 90 days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="audience",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func("metadata", function="jsonb_typeof"), models.Value("object")
                ),
                name="audience_metadata_is_an_object",
                violation_error_message="The metadata must be an object of names and values.",
            ),
        ),
        migrations.RunSQL(LISTS_GO_WITH_THEIR_AUDIENCE, LISTS_STAY),
    ]
