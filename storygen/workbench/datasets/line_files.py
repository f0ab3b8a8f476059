"""JSON Lines, CSV and TSV: files of lines, of which only the places of the lines are held.

A file is read once to find its lines, and then only where a sample is asked for. It is opened for each
reading, so that nothing keeps it from being moved; when it was changed meanwhile, its lines are elsewhere
and it must be opened anew.
"""

from __future__ import annotations

import csv
import io
import json
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ...errors import BadRequestError, ConflictError
from ..jobs import Job
from .split import BrokenSample, Sample, Split, sample_of

_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some programs write at the beginning of a file
_CHUNK = 8 * 2**20
LONGEST_LINE = 64 * 2**20
"""Bytes of a line that is read; a longer one is a broken sample."""

_DELIMITERS = (",", ";", "\t", "|")


class _Lines(Split):
    """`starts`: where each record begins, and as the last the end of the file."""

    def __init__(self, name: str, path: Path, starts: array[int], numbers: _Numbers) -> None:
        super().__init__(name)
        self._path = path
        self._starts = starts
        self._numbers = numbers
        self._seen = _state_of(path)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def read(self, start: int, stop: int) -> Iterator[Sample]:
        """See `Split`. Raises: ConflictError when the file has changed, or is gone."""
        if start >= stop:
            return
        with opened(self._path) as file:
            if _state_of(self._path) != self._seen:
                raise ConflictError(
                    f"{self._path.name} has changed since it was opened. "
                    "Choose it again, or start the workbench again."
                )
            for index in range(start, stop):
                yield self._sample(self._record(file, index), index)

    def _record(self, file: BinaryIO, index: int) -> bytes | None:
        """The bytes of a record; None when it is too long."""
        begin, end = self._starts[index], self._starts[index + 1]
        if end - begin > LONGEST_LINE:
            return None
        file.seek(begin)
        return file.read(end - begin)

    def _sample(self, record: bytes | None, index: int) -> Sample:
        where = f"{self._path.name}, line {self._numbers.line(index):,}"
        if record is None:
            return BrokenSample(
                where, f"it is longer than {LONGEST_LINE:,} bytes; split it or leave it out."
            )
        return self._parsed(record, where)

    def _parsed(self, record: bytes, where: str) -> Sample:
        raise NotImplementedError


class JsonLines(_Lines):
    """A file with one JSON object in each line."""

    def __init__(self, name: str, path: Path, job: Job | None = None) -> None:
        """Reads the file once. Raises: BadRequestError when it can't be read."""
        starts, blank = _line_starts(path, job)
        super().__init__(name, path, starts, _Numbers(blank=blank))

    def _parsed(self, record: bytes, where: str) -> Sample:
        try:
            value = json.loads(record.removeprefix(_MARK))
        except RecursionError:
            return BrokenSample(where, "it is nested too deeply; leave it out.")
        except ValueError as error:
            return BrokenSample(where, f"this is not JSON in UTF-8 ({error}); mend the line.")
        return sample_of(value, where)


class Table(_Lines):
    """A CSV or TSV file whose first record names the columns. Every value is a text, or "" if it is empty."""

    def __init__(self, name: str, path: Path, job: Job | None = None) -> None:
        """Reads the file once. Raises: BadRequestError when it has no line with names, or can't be read."""
        csv.field_size_limit(LONGEST_LINE)  # of the whole process; the default refuses a long story
        self._delimiter = _delimiter_of(path)
        starts, numbers = _record_starts(path, self._delimiter, job)
        names = [one.strip() for one in self._cells(_first_record(path, starts))]
        if not any(names):
            raise BadRequestError(f"{path.name} has no first line with the names of its columns.")
        self._names = [one or f"column {at + 1}" for at, one in enumerate(names)]
        super().__init__(name, path, starts[1:], _Numbers(lines=numbers[1:]))
        self.features = dict.fromkeys(self._names, "text")

    def _cells(self, record: bytes) -> list[str]:
        text = record.removeprefix(_MARK).decode("utf-8", "replace")
        return next(csv.reader(io.StringIO(text, newline="\n"), delimiter=self._delimiter), [])

    def _parsed(self, record: bytes, where: str) -> Sample:
        try:
            cells = self._cells(record)
        except csv.Error as error:
            return BrokenSample(where, f"it can't be taken apart ({error}); mend the line.")
        if len(cells) != len(self._names):
            fields = "1 field" if len(cells) == 1 else f"{len(cells)} fields"
            told = f"it has {fields} and the first line names {len(self._names)}"
            return BrokenSample(where, f"{told}; mend the line.")
        return dict(zip(self._names, cells, strict=True))


class _Numbers:
    """From the number of a record to that of its line in the file, as editors count."""

    def __init__(self, *, blank: Sequence[int] = (), lines: Sequence[int] = ()) -> None:
        """`blank`: for each line left out, how many records stand before it. `lines`: where a record may
        have several lines, the line that each begins at.
        """
        self._blank = blank
        self._lines = lines

    def line(self, index: int) -> int:
        """The line at which record `index` begins, from 1."""
        if self._lines:
            return self._lines[index]
        return index + 1 + bisect_right(self._blank, index)


def opened(path: Path) -> BinaryIO:
    """The file, to be read. Raises: BadRequestError when it is not there or can't be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise BadRequestError(f"{path.name} can't be read: {error.strerror}.") from error


def _state_of(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return found.st_size, found.st_mtime_ns


def _line_starts(path: Path, job: Job | None) -> tuple[array[int], array[int]]:
    """Where lines that are not empty begin, with the end of the file; and the empty ones (see `_Numbers`)."""
    import numpy as np

    starts, blank = array("Q"), array("Q")
    begin = at = 0
    last = b""
    total = max(0, _state_of(path)[0])
    with opened(path) as file:
        while chunk := file.read(_CHUNK):
            ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == 10) + (at + 1)
            before = np.concatenate(([begin], ends[:-1])) if len(ends) else ends
            short = ends - before <= 2  # perhaps empty: "\n" or "\r\n"
            if not short.any():
                starts.frombytes(before.astype(np.uint64).tobytes())
            else:
                near, first = last + chunk, at - len(last)
                lines = zip(before.tolist(), ends.tolist(), short.tolist(), strict=True)
                for start, end, look in lines:
                    if look and not near[start - first : end - first].strip():
                        blank.append(len(starts))
                    else:
                        starts.append(start)
            begin = int(ends[-1]) if len(ends) else begin
            at, last = at + len(chunk), chunk[-1:]
            if job is not None:
                job.progress(at, total, f"finding the lines of {path.name}")
    if begin < at:
        starts.append(begin)
    starts.append(at)
    return starts, blank


def _record_starts(path: Path, delimiter: str, job: Job | None) -> tuple[array[int], array[int]]:
    """Where records begin, with the end of the file, and the line of each. A quoted field may have lines."""
    starts, numbers = array("Q"), array("Q")
    total = max(0, _state_of(path)[0])
    place = [0, 0]  # bytes and lines that the reader has taken
    told = [0]

    def lines() -> Iterator[str]:
        with opened(path) as file:
            while line := file.readline(LONGEST_LINE):
                place[0] += len(line)
                place[1] += 1
                if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    place[0] += _skipped(file)
                    line = b"too long\n"  # the record is told as one that is not read
                if job is not None and place[0] - told[0] > _CHUNK:
                    told[0] = place[0]
                    job.progress(place[0], total, f"finding the rows of {path.name}")
                text = line.removeprefix(_MARK) if place[1] == 1 else line
                yield text.decode("utf-8", "replace")

    reader = csv.reader(lines(), delimiter=delimiter)
    begin, line = 0, 1
    for cells in _every(reader):
        if cells:
            starts.append(begin)
            numbers.append(line)
        begin, line = place[0], place[1] + 1
    starts.append(place[0])
    return starts, numbers


def _skipped(file: BinaryIO) -> int:
    """How many bytes of a line were left, which are read past."""
    num = 0
    while rest := file.readline(_CHUNK):
        num += len(rest)
        if rest.endswith(b"\n"):
            break
    return num


def _every(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The records; one that can't be taken apart is there as what has no right number of fields."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield ["", ""]


def _first_record(path: Path, starts: Sequence[int]) -> bytes:
    if len(starts) < 2:
        return b""
    with opened(path) as file:
        file.seek(starts[0])
        return file.read(min(starts[1] - starts[0], LONGEST_LINE))


def _delimiter_of(path: Path) -> str:
    """A tab for .tsv; else the one that stands most often in the first line outside of quotes."""
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    with opened(path) as file:
        first = file.readline(2**20).decode("utf-8", "replace")
    outside = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)
