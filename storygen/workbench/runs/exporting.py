"""A run as a file to keep: its rows with all they hold as JSON Lines, or as a table of one line each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict

from .keeping import KeptRun
from .rows import Row

JSONL, CSV = "jsonl", "csv"


def as_jsonl(kept: KeptRun) -> Iterator[str]:
    """The plan in the first line, then a line for each row."""
    yield _line({"plan": kept.plan.to_json()})
    for row in kept.rows():
        body = asdict(row)
        body["measured"] = {name: one.number for name, one in row.measured.items()}
        yield _line(body)


def as_csv(kept: KeptRun) -> Iterator[str]:
    """A line with names, then one for each row; several texts of a sample have a column each."""
    num = max(1, kept.plan.num_texts)
    texts = [f"written_{at + 1}" for at in range(num)] if num > 1 else ["written"]
    names = kept.plan.metrics
    yield _cells(["index", "key", "text", "target", *texts, *names, "problem"])
    for row in kept.rows():
        yield _cells([*_shown(row, num), *(_number(row, name) for name in names), row.problem])


def _shown(row: Row, num: int) -> list[str]:
    written = [one.text for one in row.written]
    target = row.targets[0] if row.targets else ""
    return [str(row.index), row.key, row.text, target, *written, *[""] * (num - len(written))]


def _number(row: Row, metric: str) -> str:
    found = row.measured.get(metric)
    return "" if found is None or found.number is None else repr(found.number)


def _cells(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([_harmless(one) for one in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    """A text that a spreadsheet would take for a formula, so that it doesn't."""
    if cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and not _is_number(cell)):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _line(body: object) -> str:
    return json.dumps(body, ensure_ascii=False) + "\n"
