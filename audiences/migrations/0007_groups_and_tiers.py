"""Groups of audiences, and tiers. A group's audiences are of its space; what it is called and in
which order they stand changes nobody's membership, so it raises no version."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

STAY_IN_THEIR_SPACE = """
ALTER TABLE audiences_groupplace
    ADD CONSTRAINT group_place_group_in_its_space
        FOREIGN KEY (space_number, group_number)
        REFERENCES audiences_audiencegroup (space_number, number) ON DELETE CASCADE,
    ADD CONSTRAINT group_place_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE NO ACTION;
"""
LEAVE_THEIR_SPACE = """
ALTER TABLE audiences_groupplace
    DROP CONSTRAINT group_place_group_in_its_space,
    DROP CONSTRAINT group_place_audience_in_its_space;
"""


class Migration(migrations.Migration):
    dependencies = [("audiences", "0006_synced_lists")]

    operations = [
        migrations.CreateModel(
            name="AudienceGroup",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                    ),
                ),
                ("number", models.AutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                ("description", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("plain", "Group"), ("tiers", "Tiers"), ("rfm", "Quintiles")],
                        default="plain",
                        max_length=5,
                    ),
                ),
                (
                    "attribute",
                    models.TextField(
                        blank=True, help_text="Of tiers: the field of which they are bands."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "space",
                    models.ForeignKey(
                        db_column="space_number",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="segments.space",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="GroupPlace",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "position",
                    models.PositiveIntegerField(help_text="From 0, within the group."),
                ),
                (
                    "audience",
                    models.OneToOneField(
                        db_column="audience_number",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="place",
                        to="audiences.audience",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_column="group_number",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="places",
                        to="audiences.audiencegroup",
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_column="space_number",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="segments.space",
                    ),
                ),
            ],
            options={
                "ordering": ["group", "position"],
            },
        ),
        migrations.AddField(
            model_name="audiencegroup",
            name="audiences",
            field=models.ManyToManyField(
                related_name="groups", through="audiences.GroupPlace", to="audiences.audience"
            ),
        ),
        migrations.AddConstraint(
            model_name="groupplace",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("group", "position"),
                name="one_audience_at_a_position_of_a_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="audiencegroup",
            constraint=models.UniqueConstraint(
                fields=("space", "id"),
                name="audience_group_id_unique_in_space",
                violation_error_message="A group with this id already exists.",
            ),
        ),
        migrations.AddConstraint(
            model_name="audiencegroup",
            constraint=models.UniqueConstraint(
                fields=("space", "number"), name="audience_group_number_in_space"
            ),
        ),
        migrations.AddConstraint(
            model_name="audiencegroup",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "rfm")),
                fields=("space", "attribute"),
                name="quintiles_of_an_attribute_once_in_space",
                violation_error_message="The space has quintiles of this attribute already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="audiencegroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("attribute", ""), ("kind", "plain")),
                    models.Q(
                        models.Q(("kind", "plain"), _negated=True),
                        models.Q(("attribute", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="tiers_and_they_alone_have_an_attribute",
                violation_error_message="Tiers, and they alone, have an attribute.",
            ),
        ),
        migrations.RunSQL(STAY_IN_THEIR_SPACE, LEAVE_THEIR_SPACE),
    ]
