from audiences.admin import UsesPanel
from offers.admin.offers import OfferAdmin
from offers.admin.panels import AudienceOffersPanel, offers_view
from offers.admin.what_if import what_if_view
from segments.admin import LatePanel, MembershipAdmin, Page

MembershipAdmin.panels.append(LatePanel("offers", "Offers"))
MembershipAdmin.pages += [Page("offers", offers_view), Page("what-if", what_if_view, "What if…")]
UsesPanel.parts.append(AudienceOffersPanel())

__all__ = ["OfferAdmin"]
