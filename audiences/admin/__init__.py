from audiences.admin import of_a_membership as of_a_membership  # contributes itself
from audiences.admin.audiences import AudienceAdmin
from audiences.admin.forms import FORMS, AudienceForm
from audiences.admin.groups import AudienceGroupAdmin
from audiences.admin.import_lists import LIST_FILE
from audiences.admin.sources import SourceAdmin
from audiences.admin.used_by import AudiencesPanel
from audiences.admin.uses import UsesPanel
from audiences.services import titles
from segments.admin import SegmentAdmin
from segments.admin.import_forms import FILES

SegmentAdmin.panels.insert(0, AudiencesPanel())
FILES.append(LIST_FILE)

__all__ = [
    "FORMS",
    "AudienceAdmin",
    "AudienceForm",
    "AudienceGroupAdmin",
    "SourceAdmin",
    "UsesPanel",
    "titles",
]
