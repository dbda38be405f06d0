"""Rights over sites."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import Role
from apps.accounts.roles import ADMINS, Action, allow, register_actions

register_actions(
    Action("company.view", _("See companies that visited"), allow(*ADMINS, Role.MANAGER, Role.VIEWER)),
    Action("company.send", _("Send companies to a CRM"), allow(*ADMINS, Role.MANAGER)),
    Action("company.edit", _("Change companies and how they are scored"), allow(*ADMINS, Role.MANAGER)),
)
register_actions(
    Action(
        "site.view", _("See sites and their figures"),
        allow(*ADMINS, Role.MANAGER, Role.VIEWER, assigned=(Role.CLIENT,)), permission="analytics.view_site",
    ),
    Action(
        "site.edit", _("Change sites"), allow(*ADMINS, assigned=(Role.MANAGER,)), permission="analytics.change_site",
    ),
    Action("destination.view", _("See where events are sent on to"), allow(*ADMINS, Role.MANAGER)),
    Action("destination.edit", _("Send events on to others"), allow(*ADMINS)),
    Action("site.create", _("Add sites"), allow(*ADMINS)),
    Action("site.delete", _("Delete sites"), allow(*ADMINS)),
    Action("monitoring.view", _("See how tracking is doing"), allow(*ADMINS, Role.MANAGER)),
    Action("monitoring.replay", _("Take rejected events in again"), allow(*ADMINS)),
)
_EDITORS = allow(*ADMINS, assigned=(Role.MANAGER,))
register_actions(
    Action("goal.edit", _("Change goals"), _EDITORS, permission="analytics.change_site"),
    Action("funnel.edit", _("Change funnels"), _EDITORS, permission="analytics.change_site"),
    Action("segment.edit", _("Save own segments"), allow(*ADMINS, Role.MANAGER, own=(Role.VIEWER,))),
    Action("segment.share", _("Save segments for everybody"), allow(*ADMINS, Role.MANAGER)),
)
