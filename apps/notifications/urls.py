"""Addresses of notifications."""

from __future__ import annotations

from django.urls import path

from apps.notifications.views import centre, mailbox

app_name = "notifications"
urlpatterns = [
    path("o/<slug:slug>/notifications/", centre.CentreView.as_view(), name="list"),
    path("o/<slug:slug>/notifications/read/", centre.ReadView.as_view(), name="read"),
    path("o/<slug:slug>/notifications/unread/", centre.UnreadView.as_view(), name="unread"),
    path("o/<slug:slug>/notifications/preferences/", centre.PreferencesView.as_view(), name="preferences"),
    path("o/<slug:slug>/notifications/<int:pk>/open/", centre.OpenView.as_view(), name="open"),
    path("demo/mail/", mailbox.MailListView.as_view(), name="mailbox"),
    path("demo/mail/<int:pk>/", mailbox.MailView.as_view(), name="mail"),
    path("demo/mail/<int:pk>/body/", mailbox.MailBodyView.as_view(), name="mail_body"),
]
