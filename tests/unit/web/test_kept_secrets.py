"""The token is made once, kept from others, and listening to other machines takes a password."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from storygen.errors import BadRequestError, RefusedError
from storygen.web.kept_secrets import load_instance, load_rules, load_token


def test_the_token_and_the_name_are_long_and_the_same_after_a_restart(tmp_path: Path) -> None:
    token, instance = load_token(tmp_path), load_instance(tmp_path)
    assert len(token) >= 40
    assert (load_token(tmp_path), load_instance(tmp_path)) == (token, instance)
    assert (tmp_path / "token").read_text().strip() == token
    assert sorted(path.name for path in tmp_path.iterdir()) == ["instance", "token"]


def test_two_data_folders_have_different_tokens(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert load_token(tmp_path / "a") != load_token(tmp_path / "b")
    assert load_instance(tmp_path / "a") != load_instance(tmp_path / "b")


@pytest.mark.skipif(sys.platform == "win32", reason="mode bits are a matter of POSIX")
def test_only_the_owner_may_read_the_token_even_if_the_mask_or_the_file_said_otherwise(
    tmp_path: Path,
) -> None:
    mask = os.umask(0)
    try:
        token = load_token(tmp_path)
    finally:
        os.umask(mask)
    file = tmp_path / "token"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert load_token(tmp_path) == token
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_empty_token_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(" \n")
    assert len(load_token(tmp_path)) >= 40


def test_the_environment_sets_the_token(tmp_path: Path) -> None:
    rules = load_rules(tmp_path, "127.0.0.1", {"STORYGEN_TOKEN": " mine "})
    assert rules.is_token("mine")


def test_other_machines_are_let_in_with_a_password_only(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.5", ""):
        with pytest.raises(RefusedError, match="STORYGEN_PASSWORD"):
            load_rules(tmp_path, host, {})
    rules = load_rules(tmp_path, "0.0.0.0", {"STORYGEN_PASSWORD": "secret"})
    assert rules.is_password("secret") and not rules.is_password("")
    assert not rules.loopback
    assert not load_rules(tmp_path, "localhost", {}).is_password("")


def test_origins_and_hosts_are_checked_when_the_server_starts(tmp_path: Path) -> None:
    rules = load_rules(
        tmp_path,
        "127.0.0.1",
        {},
        allow_hosts=["Stories.Example"],
        allow_origins=["https://Old.Example/"],
    )
    assert rules.allowed_hosts == {"stories.example"}
    assert rules.allowed_origins == {"https://old.example"}
    for wrong in ("*", "", "null", "https://a.example/page"):
        with pytest.raises(BadRequestError):
            load_rules(tmp_path, "127.0.0.1", {}, allow_origins=[wrong])
    with pytest.raises(BadRequestError):
        load_rules(tmp_path, "127.0.0.1", {}, allow_hosts=["*"])
