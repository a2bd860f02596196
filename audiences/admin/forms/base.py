"""What the form of an audience type is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from audiences.admin.forms.more import MORE, tell_more
from audiences.admin.seen import check_asks, denied_labels
from audiences.models import Audience
from audiences.services import redefine_audience
from audiences.services.define import check_definition, check_lifecycle
from audiences.services.groups import AudiencesInUse
from audiences.services.labels import LabelDenied, check_labels
from audiences.services.lock import Locked, is_locked
from audiences.types import Configuration, ConfigurationError, Path
from segments.admin import RowForm


class AudienceForm(RowForm):
    """An audience's name and the values of its type, as fields.

    A type's form adds the fields, named as in the configuration; and where a field doesn't hold
    the very value, ``configuration``. What the type finds wrong is shown at the field of that name.
    """

    audience_type: ClassVar[str]
    configured: ClassVar[list[Any]]  # the type's own fields, as rows of a fieldset
    kept: ClassVar[list[str]] = ["name", "description", *MORE]  # the audience's that it changes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tell_more(self)
        if self.instance.pk:
            self.initial.update(self.initial_values(self.instance.configuration))

    def initial_values(self, configuration: Configuration) -> dict[str, Any]:
        """What the fields show of a configuration."""
        return dict(configuration)

    def configuration(self) -> dict[str, Any]:
        """The configuration that the fields hold. Called when each of them alone is right."""
        fields = [name for name in self.declared_fields if name not in RowForm.base_fields]
        return {name: self.cleaned_data[name] for name in fields}

    def clean_lifecycle(self) -> str:
        return self.cleaned_data["lifecycle"] or str(self.fields["lifecycle"].initial)

    def clean_enabled(self) -> bool:
        given: bool | None = self.cleaned_data["enabled"]
        return bool(self.fields["enabled"].initial) if given is None else given

    def clean_metadata(self) -> Any:
        return {} if self.cleaned_data["metadata"] is None else self.cleaned_data["metadata"]

    def clean_labels(self) -> list[str]:
        labels: list[str] = self.cleaned_data["labels"]
        try:
            check_labels(denied_labels(self.request), labels)
        except LabelDenied as error:
            raise ValidationError(str(error)) from error
        return labels

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if not self.errors:
            try:
                check_asks(
                    self.request,
                    space=self.of_space,
                    audience_type=self.audience_type,
                    configuration=self.configuration(),
                )
                check_definition(
                    self.instance,
                    audience_type=self.audience_type,
                    configuration=self.configuration(),
                )
            except LabelDenied as error:
                self.add_error(None, str(error))
            except ConfigurationError as error:
                self.note(error.problems)
        if self.instance.pk and self.cleaned_data.get("lifecycle"):
            self._check_lifecycle(self.cleaned_data["lifecycle"])
        if self.instance.pk and is_locked(self.instance, at=timezone.now()):
            self.add_error(None, str(Locked(self.instance)))
        return self.cleaned_data

    def _check_lifecycle(self, wanted: str) -> None:
        try:
            check_lifecycle(self.instance, wanted)
        except AudiencesInUse as error:
            pages: Any = admin.site.get_model_admin(Audience)
            links = ((one,) for one in pages.links(self.request, error.users))
            used = format_html_join(", ", "{}", links)
            said = format_html("“{}” is in use by {}. Take it off first.", self.instance, used)
            self.add_error("lifecycle", said)

    def note(self, problems: Mapping[Path, str]) -> None:
        """Show what is wrong, each problem at its field."""
        for path, problem in problems.items():
            self.add_error(self.field_at(path), problem)

    def field_at(self, path: Path) -> str | None:
        """The field that shows the value at this place of the configuration."""
        return str(path[0]) if path and path[0] in self.fields else None

    def define(self) -> Audience:
        """Save the audience, new or not."""
        values = {name: self.cleaned_data[name] for name in self.kept if name in self.cleaned_data}
        saved = Audience.objects.filter(pk=self.instance.pk).first()  # the form's has changed
        return redefine_audience(
            saved or self.instance,
            audience_type=self.audience_type,
            configuration=self.configuration(),
            **values,
        )
