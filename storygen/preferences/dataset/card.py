"""The dataset's card: README.md with the front matter that the hub and `datasets` read.

Source: https://huggingface.co/docs/hub/datasets-cards, .../datasets-manual-configuration
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence

from .columns import Column, columns_of
from .files import FORMATS
from .letters import storable
from .options import DatasetOptions
from .splits import SPLITS
from .summary import Summary

_TAGS = ("preference", "dpo", "kto", "reward-model", "creative-writing", "story-generation")
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
_FOR_TRL = {
    "raw": "complete: one row for each candidate",
    "dpo": "TRL's preference format (`DPOTrainer`)",
    "kto": "TRL's unpaired preference format (`KTOTrainer`)",
    "reward": "TRL's preference format with a margin (`RewardTrainer`)",
}


def card(options: DatasetOptions, summary: Summary) -> str:
    """The text of README.md, ending with a line feed."""
    parts = [
        f"---\n{_front_matter(options, summary)}---",
        f"# {_one_line(options.name)}",
        _MADE,
        _forms(options, summary),
        _counts(options, summary),
        _fields(options),
        _models(summary),
        _parameters(summary),
        _left_out(options, summary),
        _splits(options),
        _license(options),
        _personal(options),
    ]
    return storable("\n\n".join(part.strip("\n") for part in parts) + "\n")


def size_category(num_rows: int) -> str:
    """The hub's word for so many rows."""
    return next((word for most, word in _SIZES if num_rows < most), "n>100M")


def written_splits(summary: Summary, form: str) -> list[str]:
    """The splits of a form that have rows, in order; only they have files."""
    return [split for split in SPLITS if summary.num_rows.get(form, {}).get(split)]


def _front_matter(options: DatasetOptions, summary: Summary) -> str:
    most = max((sum(rows.values()) for rows in summary.num_rows.values()), default=0)
    forms = [form for form in options.forms if written_splits(summary, form)]
    lines = [f"license: {options.license_id}"]
    if options.license_id == "other":
        lines.append(f"license_name: {_quoted(options.license)}")
    if options.language:
        lines += ["language:", f"- {_quoted(options.language)}"]
    lines += [f"pretty_name: {_quoted(options.name)}", "task_categories:", "- text-generation"]
    lines += [
        "tags:",
        *(f"- {tag}" for tag in _TAGS),
        "size_categories:",
        f"- {size_category(most)}",
    ]
    lines.append("configs:")
    for form in forms:
        lines += _config(options, summary, form, default=form == forms[0])
    lines.append("dataset_info:")
    for form in forms:
        columns = columns_of(form, conversational=options.conversational)
        lines += [f"- config_name: {form}", "  features:", *_features(columns)]
    return "\n".join(lines) + "\n"


def _config(options: DatasetOptions, summary: Summary, form: str, *, default: bool) -> list[str]:
    suffix = next(format for format in FORMATS if format in options.formats)
    lines = [f"- config_name: {form}", *(["  default: true"] if default else []), "  data_files:"]
    for split in written_splits(summary, form):
        lines += [f"  - split: {split}", f"    path: {form}/{split}.{suffix}"]
    return lines


def _features(columns: Iterable[Column]) -> list[str]:
    """So that a file in which a column is always empty, or looks like dates, has the same types."""
    lines: list[str] = []
    for column in columns:
        lines.append(f"  - name: {column.name}")
        if column.kind == "messages":
            lines += ["    list:", "    - name: role", "      dtype: string"]
            lines += ["    - name: content", "      dtype: string"]
        elif column.kind.startswith("list<"):
            lines.append(f"    list: {column.kind[5:-1]}")
        else:
            lines.append(f"    dtype: {column.kind}")
    return lines


_MADE = (
    "## How it was made\n\n"
    "A writer works on a story in StoryGen, a writing room for language models. At a place of the story "
    "several continuations are written, often by different models or with different sampling parameters, "
    "and shown side by side. The writer takes one, whole or up to a letter, or none. Each such set of "
    "candidates, with what was taken of it, is what this dataset consists of."
)
_HOW_TO_READ = (
    "`load_dataset(folder, form)` reads one. In the preference forms `prompt` is the text that the model "
    "went on from; where a story answers a writing prompt, that prompt stands before it, with a blank line "
    "between. `chosen` (or a `completion` labelled true) is the part that was accepted. What it is compared "
    "with is cut at the first word border at or behind the same length, so that length is not the signal; a "
    "candidate that ended earlier stays as short as it is. Every two candidates of a set of which one was "
    "taken further make a pair. The raw form has the whole texts."
)


def _forms(options: DatasetOptions, summary: Summary) -> str:
    lines = ["## Forms", ""]
    for form in options.forms:
        empty = "" if written_splits(summary, form) else " (no rows, so it is not there)"
        lines.append(f"- `{form}`: {_FOR_TRL[form]}{empty}")
    if options.conversational:
        lines += ["", "The preference forms are conversational: their texts are lists of messages."]
    lines += ["", _HOW_TO_READ]
    return "\n".join(lines)


def _counts(options: DatasetOptions, summary: Summary) -> str:
    rows = [
        [f"`{form}`", *(str(summary.num_rows.get(form, {}).get(split, 0)) for split in SPLITS)]
        for form in options.forms
    ]
    stories = ["stories", *(str(summary.num_stories.get(split, 0)) for split in SPLITS)]
    told = (
        f"{summary.num_sets} sets of candidates, {summary.num_blind} of them shown without the names of "
        f"models and parameters, {summary.num_automatic} chosen from by a program."
    )
    return f"## Counts\n\n{_table(['rows', *SPLITS], [*rows, stories])}\n\n{told}"


def _fields(options: DatasetOptions) -> str:
    parts = ["## Fields"]
    for form in options.forms:
        columns = columns_of(form, conversational=options.conversational)
        rows = [
            [f"`{one.name}`", f"`{one.kind}`", one.sentence + " May be null." * one.empty]
            for one in columns
        ]
        parts.append(f"### {form}\n\n{_table(['column', 'type', 'what it says'], rows)}")
    parts.append(
        "`messages` is a list of {`role`, `content`}. Numbers that are not finite are null."
    )
    return "\n\n".join(parts)


def _models(summary: Summary) -> str:
    rows = [
        [_cell(model), str(num), str(summary.num_selected.get(model, 0))]
        for model, num in sorted(summary.num_candidates.items())
    ]
    return f"## Models\n\n{_table(['model', 'candidates', 'selected'], rows)}"


def _parameters(summary: Summary) -> str:
    rows = [[_cell(name), f"{low:g}", f"{high:g}"] for name, (low, high) in summary.ranges.items()]
    policies = ", ".join(_cell(one) if one else "the writer" for one in summary.policies)
    table = _table(["parameter", "lowest", "highest"], rows)
    return f"## Parameters\n\n{table}\n\nThey were set by: {policies or 'nobody'}."


def _left_out(options: DatasetOptions, summary: Summary) -> str:
    extra = sorted(options.privacy.extra)
    kept = f"all but {', '.join(map(_cell, extra))}" if extra else "all of it"
    return (
        "## What was left out\n\n"
        f"- Stories without consent: {summary.num_left_out}.\n"
        "- Titles, notes and lore of the stories, and the text behind the place that was written at.\n"
        f"- What was noted of a set beside the columns: {kept}.\n"
        f"- From the preference forms: sets that a program chose from ({summary.num_automatic}), sets from "
        f"which nothing was taken ({summary.num_untaken}), blank completions, and pairs of equal ones."
    )


def _splits(options: DatasetOptions) -> str:
    shares = options.shares
    return (
        "## Splits\n\n"
        f"By story, so that no story is in two. SHA-256 of the seed ({options.seed}) and the story's id "
        f"gives a number from 0 to 1; the lowest are in train ({shares.train:g}), the next in validation "
        f"({shares.validation:g}), the rest in test ({shares.test:g}). A story stays in its split when "
        "others are added; only one, the lowest that has rows in every form, is in train whatever its "
        "number. Splits without rows have no file."
    )


def _license(options: DatasetOptions) -> str:
    text = {
        "unknown": "Not stated. Ask who published it before you use it.",
        "other": _one_line(options.license),
    }.get(options.license_id, f"`{options.license_id}`")
    return f"## Licence\n\n{text}\n\nWhat a model wrote may stand under that model's own terms."


def _personal(options: DatasetOptions) -> str:
    privacy = options.privacy
    ids = "kept as they were" if privacy.salt is None else "pseudonyms under a secret salt"
    times = "exact" if privacy.exact_times else "rounded down to the day"
    return (
        "## Personal and sensitive information\n\n"
        f"Only stories whose writer consented are in it. Ids of stories, sets and candidates are {ids}; "
        f"times are {times}; of models that were paths only the last part is told. Who wrote is not "
        "recorded. The texts themselves were not searched or changed: a story, a writing prompt or a "
        "parameter that holds text (stop strings, banned words) may name people or tell something of "
        "whoever wrote it."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    """`text` as it stands in a table, whatever is in it: one line, nothing of it markup."""
    shown = _one_line(text).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`" if shown else "(none)"


def _one_line(text: str) -> str:
    return " ".join(
        "".join(
            " " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in text
        ).split()
    )


def _quoted(text: str) -> str:
    """`text` as a YAML string: JSON's are such strings, once they hold no control characters."""
    return json.dumps(_one_line(storable(text)), ensure_ascii=False)
