"""`python -m storygen choices`: what was chosen in the library, listed, counted and exported as a dataset.

Only stories whose writer allowed it are exported: by the switch in the room, or by naming them here.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import StorygenError
from ..observed.choices import observe, observe_all
from ..preferences import ranges as ranges_json
from ..preferences import statistics_json
from ..preferences.dataset.columns import FORMS
from ..preferences.dataset.files import FORMATS
from ..preferences.dataset.options import DatasetOptions
from ..preferences.dataset.privacy import Privacy
from ..preferences.dataset.reading import read_raw
from ..preferences.dataset.writing import write_dataset
from ..preferences.evaluation import Evaluation, evaluate
from ..preferences.learned import POLICIES, learned
from ..preferences.observations import Observation
from ..preferences.statistics import gather
from ..store.store import Store, file_url

ROOT = Path(__file__).resolve().parents[2]
SALT = "dataset_salt"
CONSENT = "choices_shared"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    given = _options().parse_args(arguments)
    try:
        store = _opened(given.data_dir)
    except StorygenError as error:
        return _failed(error.message)
    try:
        done: int = given.command(store, given)
        return done
    except (StorygenError, OSError) as error:
        return _failed(str(error))
    finally:
        store.close()


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser("python -m storygen choices", description=__doc__)
    options.add_argument("--data-dir", type=Path, help="where stories are kept (default: data)")
    commands = options.add_subparsers(required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help="stories in which something was chosen")
    listed.set_defaults(command=_list)
    counted = commands.add_parser("statistics", help="what was taken against what was not, as JSON")
    counted.add_argument("file", nargs="?", type=Path, help="where to (default: standard output)")
    counted.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="DATASET",
        help="of an exported dataset, its folder or a raw file, instead of the library",
    )
    counted.set_defaults(command=_statistics)
    compared = commands.add_parser(
        "compare", help="what each policy would have been worth on the newer half of the stories"
    )
    compared.set_defaults(command=_compare)
    exported = commands.add_parser("export", help="a dataset for datasets and TRL")
    exported.add_argument("folder", type=Path, help="which is made")
    exported.add_argument(
        "--story", action="append", default=[], metavar="ID", help="allowed as by the switch"
    )
    exported.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    exported.add_argument("--formats", nargs="+", choices=FORMATS, default=["parquet"])
    exported.add_argument("--conversational", action="store_true", help="as messages of a chat")
    exported.add_argument("--seed", type=int, default=0, help="of the splits (default 0)")
    exported.add_argument("--license", default="", help='such as "cc-by-4.0"')
    exported.add_argument("--language", default="", help='such as "en"')
    exported.add_argument("--name", default="Choices among continuations")
    exported.set_defaults(command=_export)
    return options


def _list(store: Store, given: argparse.Namespace) -> int:
    titles = {record.story: record for record in store.stories()}
    for story in store.choosers():
        record = titles[story]
        allowed = "allowed" if record.settings.get(CONSENT) else "kept here"
        print(f"{story}  {store.num_steps(story):5}  {allowed:9}  {record.title}")
    return 0


def _statistics(store: Store, given: argparse.Namespace) -> int:
    seen = observe_all(store) if given.source is None else read_raw(given.source)
    text = json.dumps(statistics_json.to_json(gather(seen)), indent=1) + "\n"
    if given.file is None:
        print(text, end="")
    else:
        given.file.write_text(text, encoding="utf-8")
    return 0


def _compare(store: Store, given: argparse.Namespace) -> int:
    """Policies that learned from the older half of the stories, judged on the newer one."""
    seen = sorted(observe_all(store), key=lambda one: one.time)
    stories = list(dict.fromkeys(one.story for one in seen))
    older = set(stories[: len(stories) // 2])
    taught = [one for one in seen if one.story in older]
    judged = [one for one in seen if one.story not in older]
    dealt = [one.extra["ranges"] for one in seen if one.extra.get("ranges")]
    ranges = ranges_json.from_json(dealt[-1]) if dealt else ranges_json.DEFAULTS
    print(
        f"{len(taught):,} sets learned from, {len(judged):,} judged on. Fraction accepted of a card:"
    )
    for name in POLICIES:
        policy = learned(name, ranges, taught)
        print(f"{name:8} {_worth(evaluate(policy.without_densities(), judged))}")
    return 0


def _worth(found: Evaluation) -> str:
    if found.too_few:
        return found.too_few
    told = [
        f"{name} {one.value:.3f} ({one.low:.3f} to {one.high:.3f})"
        for name, one in (("logged", found.logged), ("snips", found.snips), ("dr", found.dr))
        if one is not None and one.low is not None and one.high is not None
    ]
    doubt = f"  {found.doubt}" if found.doubt else ""
    return f"{', '.join(told)}; as if of {found.effective:.0f} cards{doubt}"


def _export(store: Store, given: argparse.Namespace) -> int:
    known = store.choosers()
    if unknown := set(given.story) - set(known):
        return _failed(f"Nothing was chosen in {', '.join(sorted(unknown))}; see choices list.")
    allowed = {record.story for record in store.stories() if record.settings.get(CONSENT)}
    consented = frozenset(allowed.intersection(known) | set(given.story))
    options = DatasetOptions(
        Privacy(consented, _salt(store)),
        forms=tuple(given.forms),
        formats=tuple(given.formats),
        conversational=given.conversational,
        seed=given.seed,
        name=given.name,
        license=given.license,
        language=given.language,
    )

    def seen() -> Iterator[Observation]:
        for story in known:
            yield from observe(store, story)

    summary = write_dataset(given.folder, seen, options, progress=_progress)
    rows = {form: sum(splits.values()) for form, splits in summary.num_rows.items()}
    told = ", ".join(f"{num:,} of {form}" for form, num in rows.items())
    print(f"Rows: {told}. Left out for want of leave: {summary.num_left_out} stories.")
    return 0


def _salt(store: Store) -> str:
    """This library's secret, with which pseudonyms are the same in every export."""
    kept = store.setting(SALT)
    if not isinstance(kept, str):
        kept = secrets.token_hex(16)
        store.set_setting(SALT, kept)
    return kept


def _opened(data_dir: Path | None) -> Store:
    environ = os.environ
    folder = data_dir or Path(environ.get("STORYGEN_DATA_DIR") or ROOT / "data")
    url = environ.get("STORYGEN_DATABASE_URL", "") if data_dir is None else ""
    path = folder / "storygen.db"
    if not url and not path.is_file():
        raise _NoLibraryError(f"There is no library in {folder}; see --data-dir.")
    return Store(url or file_url(path))


class _NoLibraryError(StorygenError):
    code = "not_found"


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,} sets", end="\n" if done == total else "", file=sys.stderr)


def _failed(message: str) -> int:
    print(message, file=sys.stderr)
    return 1
