"""kill -9 of a worker in the middle of a mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.notifications import delivery
from tests.core.test_killed import run_victim
from tests.notifications.post_office import MAIL, PostOffice, change, reread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("kind", "where", "then"),
    [
        ("plain", "before", "sent"), ("plain", "after", "unconfirmed"),
        ("idempotent", "before", "sent"), ("idempotent", "after", "sent"),
    ],
)
def test_a_mail_whose_worker_was_killed(office: type[PostOffice], kind: str, where: str, then: str) -> None:
    row = delivery.queue(MAIL)

    run_victim("deliver", str(row.pk), kind, where)
    assert reread(row).status == "sending"
    assert (reread(row).handed_over_at is not None) is (where == "after")

    assert delivery.claim_due() == [], "for a while it may still be alive"
    change(row, sending_since=timezone.now() - delivery.STUCK_AFTER - timedelta(seconds=1))
    assert delivery.claim_due() == [row.pk]
    office.idempotent = kind == "idempotent"
    assert delivery.deliver(row.pk) == then
    assert office.taken == ([row.key] if then == "sent" else [])
