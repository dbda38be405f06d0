"""What must never be read in a log."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from apps.core.ops import logs
from apps.core.ops.masking import MASK, masked, masked_text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("key msk_abcdefghij_AAAA-bbbb_CCC used", f"key msk_{MASK} used"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {MASK}"),
        ("token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl!", f"token {MASK}!"),
        ("redis://user:hunter2@host:6379/0", f"redis://{MASK}@host:6379/0"),
        ("mail to ada.lovelace+x@mail.example.com failed", f"mail to {MASK} failed"),
        ("/accept/?token=abc123&next=/o/", f"/accept/?token={MASK}&next=/o/"),
        ("nothing to hide here: 12:30, a/b@c", "nothing to hide here: 12:30, a/b@c"),
    ],
)
def test_text(text: str, safe: str) -> None:
    assert masked_text(text) == safe


def test_fields() -> None:
    event = {
        "password": "x", "api_key": "y", "nested": {"refresh_token": "z", "email": "a@b.de", "count": 3},
        "list": [{"secret": "s"}], "empty": {"password": ""}, "ip": "203.0.113.7",
    }  # fmt: skip

    assert masked(event) == {
        "password": MASK, "api_key": MASK, "nested": {"refresh_token": MASK, "email": MASK, "count": 3},
        "list": [{"secret": MASK}], "empty": {"password": ""}, "ip": MASK,
    }  # fmt: skip


@given(st.from_regex(r"msk_[a-z0-9]{10}_[A-Za-z0-9_-]{43}", fullmatch=True), st.text(max_size=20))
def test_no_key_survives(key: str, around: str) -> None:
    assert key not in masked_text(f"{around} {key} {around}")


def test_lines_are_json_with_the_request_id(capsys: pytest.CaptureFixture[str]) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=list(logs.SHARED),
        processors=logs.dict_config("INFO", readable=False)["formatters"]["lines"]["processors"],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logger = logging.getLogger("a.test")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel("INFO")
    try:
        with structlog.contextvars.bound_contextvars(request_id="r-1"):
            structlog.get_logger("a.test").info("sent", to="ada@example.com", password="x")
            logger.warning("plain %s", "ada@example.com")
            try:
                raise ValueError("no mail for ada@example.com")
            except ValueError:
                structlog.get_logger("a.test").exception("broken")
    finally:
        logger.handlers, logger.propagate = [], True

    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["sent", f"plain {MASK}", "broken"]
    assert {line["request_id"] for line in lines} == {"r-1"}
    assert lines[0]["to"] == MASK
    assert lines[0]["password"] == MASK
    assert lines[1]["level"] == "warning"
    assert "ada@example.com" not in lines[2]["exception"]
    assert "ValueError" in lines[2]["exception"]
