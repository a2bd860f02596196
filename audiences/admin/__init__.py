from audiences.admin import of_a_membership as of_a_membership  # contributes itself
from audiences.admin.audiences import AudienceAdmin, titles
from audiences.admin.forms import FORMS, AudienceForm
from audiences.admin.groups import AudienceGroupAdmin
from audiences.admin.sources import SourceAdmin
from audiences.admin.used_by import AudiencesPanel
from audiences.admin.uses import UsesPanel
from segments.admin import SegmentAdmin

SegmentAdmin.panels.insert(0, AudiencesPanel())

__all__ = [
    "FORMS",
    "AudienceAdmin",
    "AudienceForm",
    "AudienceGroupAdmin",
    "SourceAdmin",
    "UsesPanel",
    "titles",
]
