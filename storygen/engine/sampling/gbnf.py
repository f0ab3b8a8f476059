r"""GBNF, the grammar notation of llama.cpp, translated into the notation of llguidance. Loads no library.

A grammar is rules `name ::= …`, one of them `root`: literals "…", classes […] and [^…], any character `.`,
names, groups (…), alternatives |, and repetitions * + ? {n} {n,} {,m} {n,m}. Comments go from # to the end of
the line. A rule ends where the next one begins. Escapes: \n \r \t \\ \" \[ \] \^ \- \xHH \uHHHH \UHHHHHHHH.

llguidance divides grammars in two layers, and its lexer reads a lexeme as far as it can, which GBNF doesn't.
So a grammar without recursion becomes one lexeme (as fast as a regular expression), and in any other every
lexeme is a single character. Source: llama.cpp, grammars/README.md; llguidance, docs/syntax.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import BadRequestError

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|\#[^\n]*)+)
    | (?P<rule>[A-Za-z0-9_-]+)(?:\s|\#[^\n]*)*::=
    | (?P<name>[A-Za-z0-9_-]+)
    | "(?P<literal>(?:[^"\\]|\\.)*)"
    | \[(?P<class>(?:[^\]\\]|\\.)+)\]
    | \{\s*(?P<least>\d*)\s*(?P<comma>,?)\s*(?P<most>\d*)\s*\}
    | (?P<sign>[|().*+?])""",
    re.VERBOSE | re.DOTALL,
)
_CHARACTER = re.compile(
    r"\\x([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\(.)|(.)", re.DOTALL
)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", **{sign: sign for sign in '\\"[]^-/'}}
_ANY = r"/[\x{0}-\x{10FFFF}]/"
_MOST_NESTED = 50
_MOST_REPEATED = 1000


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    match: re.Match[str]


def to_lark(text: str) -> str:
    """The grammar `text` as llguidance takes it.

    Raises: BadRequestError that says what is wrong, and in which line and column.
    """
    return _Translation(text).lark()


class _Translation:
    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces = list(self._split())
        self._at = 0
        self._names = self._rules()
        self._uses: dict[str, set[str]] = {name: set() for name in self._names}
        self._rule = ""

    def lark(self) -> str:
        """All rules; `start` is the root."""
        bodies: dict[str, str] = {}
        while self._at < len(self._pieces):
            self._rule = self._expect_rule()
            bodies[self._rule] = self._alternatives(0)
            if self._at < len(self._pieces) and self._kind != "rule":
                raise self._wrong("This doesn't belong here")
        form = "r{}" if self._recursive() else "R{}"
        numbers = {name: form.format(number) for number, name in enumerate(bodies)}
        rules = [f"{numbers[name]}: {_named(body, numbers)}" for name, body in bodies.items()]
        return "\n".join([f"start: {numbers['root']}", *rules])

    def _split(self) -> list[_Piece]:
        pieces, at = [], 0
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                raise self._error("This can't be read", at)
            kind = match.lastgroup or "sign"
            if match[0].startswith("{"):
                kind = "times"
            if kind != "space":
                pieces.append(_Piece(kind, match))
            at = match.end()
        return pieces

    def _rules(self) -> set[str]:
        names: set[str] = set()
        for piece in self._pieces:
            if piece.kind == "rule":
                if piece.match["rule"] in names:
                    raise self._error("There are two rules of this name", piece.match.start())
                names.add(piece.match["rule"])
        if "root" not in names:
            raise BadRequestError("The grammar has no rule named root: root ::= …")
        return names

    # ------------------------------------------------------------ one rule

    @property
    def _kind(self) -> str:
        return self._pieces[self._at].kind if self._at < len(self._pieces) else "end"

    def _sign(self, sign: str) -> bool:
        return self._kind == "sign" and self._pieces[self._at].match["sign"] == sign

    def _take(self) -> re.Match[str]:
        self._at += 1
        return self._pieces[self._at - 1].match

    def _expect_rule(self) -> str:
        if self._kind != "rule":
            raise self._wrong("A rule begins with its name and ::=, not with this")
        return self._take()["rule"]

    def _alternatives(self, depth: int) -> str:
        found = [self._sequence(depth)]
        while self._sign("|"):
            self._take()
            found.append(self._sequence(depth))
        return " | ".join(found)

    def _sequence(self, depth: int) -> str:
        items: list[str] = []
        while (item := self._item(depth)) is not None:
            times = self._times()
            items.append('""' if times == "{0,0}" else item + times)
        return " ".join(items) or '""'

    def _item(self, depth: int) -> str | None:
        if self._sign("("):
            return self._group(depth + 1)
        if self._sign("."):
            self._take()
            return _ANY
        readers: dict[str, Callable[[], str]] = {
            "name": self._reference,
            "literal": self._literal,
            "class": self._class,
        }
        return readers[self._kind]() if self._kind in readers else None

    def _group(self, depth: int) -> str:
        if depth > _MOST_NESTED:
            raise self._wrong("Brackets are nested too deeply here")
        opened = self._take()
        inner = self._alternatives(depth)
        if not self._sign(")"):
            raise self._error("This bracket is never closed", opened.start())
        self._take()
        return f"({inner})"

    def _reference(self) -> str:
        if self._pieces[self._at].match["name"] not in self._names:
            raise self._wrong("There is no rule of this name")
        name = self._take()["name"]
        self._uses[self._rule].add(name)
        return f"<{name}>"

    def _literal(self) -> str:
        match = self._take()
        letters = self._letters(match["literal"], match.start("literal"))
        joined = " ".join(f"/{_escaped(letter)}/" for letter, _ in letters)
        return f"({joined})" if joined else '""'

    def _class(self) -> str:
        match = self._take()
        letters = self._letters(match["class"], match.start("class"))
        negated = letters[0] == ("^", False)
        parts = []
        rest = letters[1:] if negated else letters
        while rest:
            low = high = rest[0][0]
            size = 1
            if len(rest) > 2 and rest[1] == ("-", False):
                high, size = rest[2][0], 3
            if low > high:
                raise self._error("A range in this class runs backwards", match.start())
            parts.append(_escaped(low) + ("" if low == high else f"-{_escaped(high)}"))
            rest = rest[size:]
        if not parts:
            return _ANY
        return f"/[{'^' if negated else ''}{''.join(parts)}]/"

    def _times(self) -> str:
        for sign in "*+?":
            if self._sign(sign):
                self._take()
                return sign
        return self._count() if self._kind == "times" else ""

    def _count(self) -> str:
        match = self._take()
        least, most = int(match["least"] or 0), int(match["most"] or 0)
        if not match["comma"]:
            most = least
        if not (match["comma"] or match["least"]) or (match["most"] and most < least):
            raise self._error("This repetition makes no sense", match.start())
        if max(least, most) > _MOST_REPEATED:
            raise self._error(f"At most {_MOST_REPEATED} repetitions", match.start())
        if not match["most"] and match["comma"]:
            return f"{{{least},}}"
        return f"{{{least},{most}}}"

    def _letters(self, written: str, start: int) -> list[tuple[str, bool]]:
        """Each character, and whether it was escaped."""
        letters = []
        for match in _CHARACTER.finditer(written):
            code = match[1] or match[2] or match[3]
            letter = chr(int(code, 16)) if code and int(code, 16) < 0x110000 else match[5]
            letter = letter or _ESCAPED.get(match[4] or "")
            if letter is None or 0xD800 <= ord(letter) < 0xE000:
                raise self._error("There is no such character", start + match.start())
            letters.append((letter, match[5] is None))
        return letters

    # ------------------------------------------------------------ the whole

    def _recursive(self) -> bool:
        """Whether some rule needs itself."""
        left = dict(self._uses)
        while free := [name for name, used in left.items() if not used & left.keys()]:
            for name in free:
                del left[name]
        return bool(left)

    def _wrong(self, what: str) -> BadRequestError:
        at = (
            self._pieces[self._at].match.start()
            if self._at < len(self._pieces)
            else len(self._text)
        )
        return self._error(what, at)

    def _error(self, what: str, at: int) -> BadRequestError:
        line = self._text.count("\n", 0, at) + 1
        column = at - (self._text.rfind("\n", 0, at) + 1) + 1
        seen = self._text[at : at + 20].splitlines()
        return BadRequestError(
            f"The grammar is broken in line {line}, column {column}: {what}"
            f"{': ' + seen[0] if seen and seen[0] else ''}."
        )


def _escaped(letter: str) -> str:
    return f"\\x{{{ord(letter):X}}}"


def _named(body: str, numbers: dict[str, str]) -> str:
    return re.sub(r"<([A-Za-z0-9_-]+)>", lambda match: numbers[match[1]], body)
