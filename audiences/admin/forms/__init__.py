"""The form of each audience type. A new type's is its own file and one line here."""

from audiences.admin.forms.age_within import AgeWithinForm
from audiences.admin.forms.base import AudienceForm
from audiences.admin.forms.definition_query import DefinitionQueryForm
from audiences.admin.forms.member_list import ExternalForm, StaticForm
from audiences.admin.forms.pql import PqlForm
from audiences.admin.forms.rules import RulesForm
from audiences.admin.forms.segment_list import InAllSegmentsForm, InAnySegmentForm
from audiences.admin.forms.synced import SyncedForm
from audiences.admin.forms.tier import TierForm

FORMS: dict[str, type[AudienceForm]] = {
    form.audience_type: form
    for form in (
        AgeWithinForm,
        InAllSegmentsForm,
        InAnySegmentForm,
        RulesForm,
        TierForm,
        StaticForm,
        ExternalForm,
        PqlForm,
        DefinitionQueryForm,
        SyncedForm,
    )
}

__all__ = ["FORMS", "AudienceForm"]
