"""Where a server is, as people paste it."""

from __future__ import annotations

import pytest

from storygen.errors import BadRequestError
from storygen.workbench.models.remote_address import read_address


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        (" http://127.0.0.1:8080/v1/ ", "http://127.0.0.1:8080/v1"),
        ("localhost:11434", "http://localhost:11434/v1"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("https://api.openai.com:443/v1/models", "https://api.openai.com/v1"),
        ("https://host/some/where/openai", "https://host/some/where/openai"),
        ("http://[::1]:8000/v1/completions", "http://[::1]:8000/v1"),
        ("HTTP://Host", "http://host/v1"),
    ],
)
def test_an_address_is_understood_in_any_form(given: str, meant: str) -> None:
    assert str(read_address(given)) == meant


@pytest.mark.parametrize(
    "given", ["", "http://", "ftp://host", "http://host:port", "http://a b/", "file:///etc/passwd"]
)
def test_what_is_no_web_address_is_refused(given: str) -> None:
    with pytest.raises(BadRequestError, match="no web address"):
        read_address(given)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadRequestError, match="give it as the key") as caught:
        read_address("http://me:secret@host/v1")
    assert "secret" not in str(caught.value)
