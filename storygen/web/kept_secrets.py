"""The access token, the instance's name and the password: where they are kept, and what must be set.

The token and the instance's name live in the data folder and stay the same after a restart. The token's
file can be read by its owner only, from the moment that it exists.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import BadRequestError, RefusedError
from .rules import AccessRules, is_loopback, normal_host, normal_origin

OWNER_ONLY = 0o600


def load_rules(
    data_dir: Path,
    host: str,
    environ: Mapping[str, str],
    *,
    allow_hosts: Iterable[str] = (),
    allow_origins: Iterable[str] = (),
) -> AccessRules:
    """The policy for a server bound to `host` that keeps its data in `data_dir`, which must exist.

    `environ` may set `STORYGEN_TOKEN` and `STORYGEN_PASSWORD`.

    Raises: RefusedError when `host` is not loopback and no password is set; BadRequestError for an
    origin or host that is none, or for an origin that would allow everybody.
    """
    password = environ.get("STORYGEN_PASSWORD", "")
    if not is_loopback(host) and not password:
        raise RefusedError(
            f"Listening on {host} lets other machines in. Set a password in STORYGEN_PASSWORD first, "
            "or listen on 127.0.0.1."
        )
    return AccessRules(
        token=environ.get("STORYGEN_TOKEN", "").strip() or load_token(data_dir),
        instance=load_instance(data_dir),
        password=password,
        loopback=is_loopback(host),
        allowed_hosts=frozenset(_host(given) for given in allow_hosts),
        allowed_origins=frozenset(_origin(given) for given in allow_origins),
    )


def load_token(data_dir: Path) -> str:
    """The token in `data_dir/token`, made when there is none; others' right to read it is taken away."""
    return _load(data_dir / "token", secrets.token_urlsafe(32))


def load_instance(data_dir: Path) -> str:
    """The name of the server that keeps its data in `data_dir`; it is no secret."""
    return _load(data_dir / "instance", secrets.token_hex(6))


def _load(path: Path, new: str) -> str:
    if not path.exists() or not path.read_text("utf-8").strip():
        write_secret(path, new)
    keep_to_owner(path)
    return path.read_text("utf-8").strip()


def write_secret(path: Path, word: str) -> None:
    """Write a file whole or not at all, and never readable by others, not even for a moment."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(word + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def keep_out_of_git(folder: Path) -> None:
    """Let `git add` pass over the secrets in a folder, which may lie in somebody's project."""
    with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x") as file:
        file.write("/token*\n/keys.json*\n/instance*\n")


def keep_to_owner(path: Path) -> None:
    """Take away others' right to read a file."""
    if sys.platform != "win32":
        if path.stat().st_mode & 0o077:
            path.chmod(OWNER_ONLY)
        return
    # Windows has no mode bits: drop what the folder passes on, and name the user alone.
    subprocess.run(
        ["icacls", str(path), "/inheritance:r", "/grant:r", f"{os.environ.get('USERNAME', '')}:F"],
        check=False,
        capture_output=True,
    )


def _host(given: str) -> str:
    host = normal_host(given)
    if host is None:
        raise BadRequestError(f"Not a host's name: {given!r}. Write it as name or name:port.")
    return host


def _origin(given: str) -> str:
    origin = normal_origin(given)
    if origin is None:
        raise BadRequestError(
            f"Not an origin: {given!r}. Write it as https://name or http://name:port, without a path or *."
        )
    return origin
