"""A named description of who."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, validate_slug
from django.db import models

from audiences import types
from audiences.querysets import AudienceQuerySet
from audiences.rules.tree import AllOf, Rule, Until
from segments.models import Membership, Segment, Space
from segments.models.row import Row

MOST_DAYS = 90  # that a list lives without being renewed


class Lifecycle(models.TextChoices):
    """Draft → published ⇄ inactive; any → archived."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    INACTIVE = "inactive", "Inactive"
    ARCHIVED = "archived", "Archived"


class Audience(Row):
    """A named description of who: a type, and the configuration that the type understands.

    Written only by ``audiences.services.define``, which checks the configuration and keeps
    ``segments`` and ``dependencies`` (what the rule refers to) in step with it.
    """

    number = models.AutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, db_column="space_number", db_index=False
    )
    name = models.CharField(
        max_length=255, blank=True, help_text="Left empty, the audience describes itself."
    )
    description = models.TextField(blank=True)
    audience_type = models.CharField(max_length=63)
    configuration = models.JSONField(default=dict)
    lifecycle = models.CharField(
        max_length=9,
        choices=Lifecycle,
        default=Lifecycle.PUBLISHED,
        help_text="Only published audiences are kept up to date and let members see offers.",
    )
    enabled = models.BooleanField(
        default=True, help_text="Off: kept as it is, and offers aimed at it are hidden."
    )
    refresh_interval = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(60)],
        help_text="Seconds between full rebuilds; empty: a day. Between them changes are followed.",
    )
    key = models.CharField(
        max_length=255,
        null=True,
        blank=True,
        db_collation="C",
        validators=[validate_slug],
        help_text="Its short name in programs and definition queries, e.g. big-spenders.",
    )
    external_id = models.CharField(
        max_length=255,
        null=True,
        blank=True,
        db_collation="C",
        help_text="Its identifier where it comes from; unique in the space and namespace.",
    )
    namespace = models.CharField(
        max_length=255, blank=True, default="", help_text="Whose identifier that is, e.g. crm."
    )
    origin = models.CharField(
        max_length=255, blank=True, default="", help_text="Where it comes from, e.g. CUSTOM_UPLOAD."
    )
    labels = ArrayField(
        models.CharField(max_length=255),
        default=list,
        blank=True,
        size=100,
        help_text="What may be done with it, in your own words or those of another system.",
    )
    ttl_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text="Days after which an external list runs out, unless it is renewed; 1 to 90.",
    )
    expires_at = models.DateTimeField(
        null=True, editable=False, help_text="When its members leave, unless it is renewed before."
    )
    defined_at = models.DateTimeField(
        null=True, editable=False, help_text="When what it means was changed last."
    )
    metadata = models.JSONField(
        default=dict, blank=True, help_text="Anything else that is known of it, kept as it came."
    )
    segments = models.ManyToManyField(
        Segment, through="AudienceSegment", related_name="audiences", editable=False
    )
    dependencies = models.ManyToManyField(
        "self",
        through="AudienceDependency",
        symmetrical=False,
        related_name="dependents",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AudienceQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "id"],
                name="audience_id_unique_in_space",
                violation_error_message="An audience with this id already exists.",
            ),
            # The target of the foreign keys that keep what refers to audiences in their space.
            models.UniqueConstraint(fields=["space", "number"], name="audience_number_in_space"),
            models.UniqueConstraint(
                fields=["space", "key"],
                name="audience_key_unique_in_space",
                violation_error_message="An audience with this key already exists.",
            ),
            models.CheckConstraint(
                condition=~models.Q(key=""),
                name="audience_key_not_empty",
                violation_error_message="The key must not be empty: leave it out instead.",
            ),
            models.UniqueConstraint(
                fields=["external_id", "space", "namespace"],
                name="audience_external_id_unique_in_space_and_namespace",
                violation_error_message="An audience with this external id already exists in this "
                "namespace.",
            ),
            models.CheckConstraint(
                condition=~models.Q(external_id=""),
                name="audience_external_id_not_empty",
                violation_error_message="The external id must not be empty.",
            ),
            models.CheckConstraint(
                condition=models.Q(ttl_days__isnull=True)
                | models.Q(ttl_days__range=(1, MOST_DAYS)),
                name="audience_lives_1_to_90_days",
                violation_error_message=f"A list lives from 1 to {MOST_DAYS} days.",
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(
                    models.Func("metadata", function="jsonb_typeof"), models.Value("object")
                ),
                name="audience_metadata_is_an_object",
                violation_error_message="The metadata must be an object of names and values.",
            ),
        ]

    class JSONAPIMeta:
        resource_name = "audiences"

    def __str__(self) -> str:
        known = types.registry.TYPES.get(self.audience_type)
        return self.name or (known.label if known else self.audience_type)

    @property
    def type(self) -> types.AudienceType:
        return types.registry.get(self.audience_type)

    @property
    def rule(self) -> Rule:
        """The rule tree that the audience means, manual lists and other audiences apart."""
        rule = self.type.rule(self.configuration)
        return AllOf((rule, *self._until)) if self._until else rule

    @property
    def parts(self) -> tuple[Rule, ...]:
        """Rules that together are ``rule``, each of which visibility names when it fails."""
        return (*self.type.parts(self.configuration), *self._until)

    @property
    def _until(self) -> tuple[Rule, ...]:
        return (Until(self.expires_at),) if self.expires_at else ()

    @property
    def is_kept(self) -> bool:
        """Whether changes of facts are followed, and members may see offers by it."""
        return self.enabled and self.lifecycle == Lifecycle.PUBLISHED


def _in_space() -> models.ForeignKey[Space, Space]:
    """The space of a row whose other keys, with it, keep it in that space."""
    return models.ForeignKey(
        Space,
        on_delete=models.DO_NOTHING,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
        related_name="+",
    )


class AudienceSegment(models.Model):
    """That an audience's rule refers to a segment, which therefore can't be deleted.

    Kept by ``audiences.services.define``; the migration adds the foreign keys that hold both
    ends in one space.
    """

    held_by = "audience"  # when somebody wants the segment deleted

    number = models.BigAutoField(primary_key=True)
    space = _in_space()
    audience = models.ForeignKey(
        Audience,
        on_delete=models.DO_NOTHING,
        db_column="audience_number",
        db_constraint=False,
        db_index=False,
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        db_column="segment_number",
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "segment"], name="audience_refers_to_a_segment_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audience_id} refers to {self.segment_id}"


class AudienceDependency(models.Model):
    """That an audience's rule refers to another audience, which therefore can't be deleted."""

    held_by = "from_audience"  # when somebody wants the other audience deleted

    number = models.BigAutoField(primary_key=True)
    space = _in_space()
    from_audience = models.ForeignKey(
        Audience,
        on_delete=models.DO_NOTHING,
        db_column="audience_number",
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    to_audience = models.ForeignKey(
        Audience,
        on_delete=models.PROTECT,
        db_column="dependency_number",
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_audience", "to_audience"], name="audience_depends_on_another_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_audience_id} depends on {self.to_audience_id}"


class AskedName(models.Model):
    """A name by which an audience's definition asks for a segment or audience, there or not.

    Once something goes by it, an ``AudienceSegment`` or ``AudienceDependency`` holds on to that:
    the database writes it, whatever made what is asked for. An id is kept as UUIDs are written.
    """

    number = models.BigAutoField(primary_key=True)
    space = _in_space()
    audience = models.ForeignKey(
        Audience,
        on_delete=models.DO_NOTHING,
        db_column="audience_number",
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    name = models.CharField(max_length=255, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "name"], name="audience_asks_by_a_name_once"
            ),
        ]
        indexes = [models.Index(fields=["space", "name"], name="audiences_asking_by_a_name")]

    def __str__(self) -> str:
        return f"{self.audience_id} asks for {self.name}"


class Listed(models.TextChoices):
    INCLUDED = "included", "Included"
    EXCLUDED = "excluded", "Excluded"


class ListedMembership(models.Model):
    """A membership put into an audience, or kept out of it, by hand: whatever the rule says.

    Excluded wins: a membership is listed once, one way or the other.
    """

    number = models.BigAutoField(primary_key=True)
    space = _in_space()
    audience = models.ForeignKey(
        Audience,
        on_delete=models.DO_NOTHING,
        db_column="audience_number",
        db_constraint=False,
        db_index=False,
        related_name="listed_memberships",
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.DO_NOTHING,
        db_column="membership_number",
        db_constraint=False,
        related_name="+",
    )
    listed = models.CharField(max_length=8, choices=Listed)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "membership"], name="membership_listed_once_by_an_audience"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.listed} by {self.audience_id}"
