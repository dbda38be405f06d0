"""Rights over the organization itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import Role
from apps.accounts.roles import ADMINS, EVERYONE, Action, allow, register_actions

register_actions(
    Action("home.view", _("See the home page"), allow(*EVERYONE)),
    Action("organization.view", _("See the organization"), allow(*EVERYONE)),
    Action("organization.edit", _("Change the organization's settings"), allow(*ADMINS)),
    Action("organization.delete", _("Delete the organization"), allow(Role.OWNER)),
    Action("team.view", _("See the team"), allow(*ADMINS, Role.MANAGER)),
    Action("team.manage", _("Invite and change people"), allow(*ADMINS)),
    Action("ownership.transfer", _("Hand over ownership"), allow(Role.OWNER)),
    Action("client.view", _("See client organizations"), allow(*ADMINS, assigned=(Role.MANAGER, Role.VIEWER))),
    Action("client.manage", _("Add and assign clients"), allow(*ADMINS)),
    Action("audit.view", _("Read the audit log"), allow(*ADMINS)),
    Action("security.edit", _("Set rules for signing in"), allow(*ADMINS)),
    Action("key.manage", _("Manage API keys"), allow(*ADMINS)),
    Action(
        "key.own", _("Have API keys of one's own"),
        allow(*ADMINS, own=(Role.MANAGER, Role.AGENT, Role.VIEWER)),
    ),
    Action("connection.view", _("See connections"), allow(*ADMINS, Role.MANAGER)),
    Action("connection.manage", _("Connect and disconnect accounts"), allow(*ADMINS)),
    Action("billing.manage", _("Plans and invoices"), allow(*ADMINS, Role.BILLING)),
    Action(
        "metrics.view", _("See figures"),
        allow(*ADMINS, Role.MANAGER, Role.VIEWER, assigned=(Role.CLIENT,), own=(Role.AGENT,)),
    ),
)
