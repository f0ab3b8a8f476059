"""Any value of a sample as a text of bounded length: nested ones, long ones, bytes, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DEEPEST = 6
_MOST_ITEMS = 50
_STRING_INSIDE = 300
"""Letters of a text within an object or list."""


@dataclass(frozen=True, slots=True)
class Preview:
    """`text` says what the value is. `cut`: whether there is more of it; then the text ends by saying so."""

    text: str
    cut: bool = False


def preview(value: Any, most: int = 2000) -> Preview:
    """`value` in `most` characters or a few words more. A text is itself; an object is written as JSON is."""
    if isinstance(value, str):
        return _shortened(value, most)
    writer = _Writer(most)
    writer.write(value, 0)
    text = "".join(writer.parts)
    if writer.room <= 0:
        return Preview(text[:most] + " …", cut=True)
    return Preview(text, cut=writer.cut)


def cell(value: Any, most: int = 80) -> str:
    """`value` on one line, for a table."""
    shown = preview(value, 4 * most).text
    line = " ".join(shown.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _shortened(text: str, most: int) -> Preview:
    if len(text) <= most:
        return Preview(text)
    return Preview(f"{text[:most]} … ({len(text) - most:,} more characters)", cut=True)


class _Writer:
    """Writes until the room is used up; never looks at what lies behind."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.cut = False
        self.parts: list[str] = []

    def say(self, text: str) -> None:
        self.parts.append(text)
        self.room -= len(text)

    def write(self, value: Any, depth: int) -> None:
        if self.room <= 0:
            return
        if isinstance(value, str):
            self._string(value)
        elif value is None:
            self.say("null" if depth else "nothing")
        elif isinstance(value, bool):
            self.say("true" if value else "false")
        elif (told := of_bytes_or_picture(value)) is not None:
            self.say(told)
        elif depth >= _DEEPEST and isinstance(value, Mapping | list | tuple):
            self.cut = True
            self.say("…")
        elif isinstance(value, Mapping):
            self._items(value.items(), len(value), "{}", depth)
        elif isinstance(value, list | tuple):
            self._items(((None, one) for one in value), len(value), "[]", depth)
        else:
            self.say(str(value)[: self.room])

    def _string(self, value: str) -> None:
        shown = _shortened(value, min(_STRING_INSIDE, max(1, self.room)))
        self.cut |= shown.cut
        self.say('"' + shown.text.replace("\\", "\\\\").replace('"', '\\"') + '"')

    def _items(self, items: Any, num: int, signs: str, depth: int) -> None:
        """One item a line, unless they are numbers and the like, which stand in one."""
        items = [item for _, item in zip(range(_MOST_ITEMS), items, strict=False)]
        plain = all(isinstance(one, int | float) or one is None for _, one in items)
        indent = "" if plain else "\n" + "  " * (depth + 1)
        self.say(signs[0])
        for number, (name, one) in enumerate(items):
            if self.room <= 0:
                return
            self.say(("," + (" " if plain else "") if number else "") + indent)
            if name is not None:
                self.say(f'"{name}": ')
            self.write(one, depth + 1)
        if num > _MOST_ITEMS:
            self.cut = True
            self.say(f"{indent or ', '}… ({num - _MOST_ITEMS:,} more)")
        self.say(("" if plain or not num else "\n" + "  " * depth) + signs[1])


_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"GIF8", "GIF picture"),
    (b"BM", "BMP picture"),
    (b"II*\0", "TIFF picture"),
    (b"MM\0*", "TIFF picture"),
)


def of_bytes_or_picture(value: Any) -> str | None:
    """What bytes, a picture or an array are, in words; None for any other value."""
    if isinstance(value, bytes | bytearray | memoryview):
        return _of_bytes(bytes(value[:16]), len(value))
    if isinstance(value, Mapping) and set(value) == {"bytes", "path"}:
        path = value["path"] or ""
        if isinstance(value["bytes"], bytes):
            told = _of_bytes(value["bytes"][:16], len(value["bytes"]))
            return f"{told} {path}".strip()
        return f"picture or sound {path}".strip() if isinstance(path, str) and path else None
    if hasattr(value, "mode") and isinstance(getattr(value, "size", None), tuple):
        width, height = value.size
        return f"picture of {width:,} × {height:,} ({value.mode})"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"array of {' × '.join(f'{one:,}' for one in value.shape)} {value.dtype}"
    return None


def _of_bytes(begins: bytes, num: int) -> str:
    for magic, word in _PICTURES:
        if begins.startswith(magic):
            return f"{word}, {num:,} bytes"
    if begins[:4] == b"RIFF" and begins[8:12] in (b"WEBP", b"WAVE"):
        return f"{'WebP picture' if begins[8:12] == b'WEBP' else 'WAV sound'}, {num:,} bytes"
    return f"{num:,} bytes"
