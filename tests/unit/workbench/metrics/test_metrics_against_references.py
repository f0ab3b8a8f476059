"""Our own counts are those of sacrebleu, rouge-score and the script of SQuAD."""

from __future__ import annotations

import random

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from storygen.workbench.metrics.bleu import bleu, bleu_of, bleu_sums, tokens_13a
from storygen.workbench.metrics.case import Case
from storygen.workbench.metrics.chrf import chrf, chrf_of, chrf_sums
from storygen.workbench.metrics.overlap import exact_match, f1, normalised, rouge_l, rouge_n

SENTENCES = (
    "The fox, 3.5 feet long, sat by the river-bank & waited.",
    "The fox sat by the river. It waited, and waited (for 1,000 years).",
    'He said: "No!" &quot;Why?&quot; - because of the 3-4 wolves.',
    "a b a b a b a b",
    "Die Füchsin saß am Ufer – und wartete…",
    "猫が窓辺で眠っている。",
    "x",
    "",
    "one two three",
    "one two three four five",
    "the fox sat by the river, it waited and it slept",
)
WORDS = st.lists(
    st.sampled_from(
        ["fox", "the", "river.", "3,5", "a-b", "Wolf", "naïve", "(x)", "5-", "…", "\n"]
    ),
    max_size=14,
).map(" ".join)
ASCII = st.text(st.characters(min_codepoint=9, max_codepoint=126), max_size=60)
TEXT = st.one_of(WORDS, ASCII, st.text(max_size=40), st.sampled_from(SENTENCES))
TARGETS = st.lists(TEXT, min_size=1, max_size=3)


def added(rows: list[tuple[float, ...]]) -> list[float]:
    return [sum(column) for column in zip(*rows, strict=True)]


@given(TEXT)
def test_a_text_has_the_tokens_of_sacrebleu(text: str) -> None:
    reference = sacrebleu.BLEU()
    assert " ".join(tokens_13a(text)) == reference._preprocess_segment(text)


@given(TEXT, TARGETS)
def test_bleu_of_one_text_is_that_of_sacrebleu(text: str, targets: list[str]) -> None:
    expected = sacrebleu.sentence_bleu(text, targets).score
    assert bleu(Case.of(text, targets)) == pytest.approx(expected, abs=1e-9)


@given(TEXT, TARGETS)
def test_chrf_of_one_text_is_that_of_sacrebleu(text: str, targets: list[str]) -> None:
    expected = sacrebleu.sentence_chrf(text, targets).score
    assert chrf(Case.of(text, targets)) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=6))
def test_a_corpus_adds_up_to_the_numbers_of_sacrebleu(rows: list[tuple[str, str, str]]) -> None:
    cases = [Case.of(text, [one, other]) for text, one, other in rows]
    texts = [text for text, _, _ in rows]
    references = [[one for _, one, _ in rows], [other for _, _, other in rows]]
    ours = bleu_of(added([bleu_sums(case) for case in cases]))
    assert ours == pytest.approx(sacrebleu.corpus_bleu(texts, references).score, abs=1e-9)
    ours = chrf_of(added([chrf_sums(case) for case in cases]))
    assert ours == pytest.approx(sacrebleu.corpus_chrf(texts, references).score, abs=1e-9)


@given(st.one_of(ASCII, WORDS.map(lambda text: text.encode("ascii", "ignore").decode())), ASCII)
def test_rouge_of_plain_english_is_that_of_rouge_score(text: str, target: str) -> None:
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    for one, other in ((text, target), (text, text), (text + target, target)):
        expected = scorer.score(other, one)
        case = Case.of(one, other)
        assert rouge_n(case, 1) == pytest.approx(expected["rouge1"].fmeasure)
        assert rouge_n(case, 2) == pytest.approx(expected["rouge2"].fmeasure)
        assert rouge_l(case) == pytest.approx(expected["rougeL"].fmeasure)


def test_rouge_l_of_long_texts_is_that_of_rouge_score() -> None:
    draw = random.Random(7)
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    for _ in range(20):
        one, other = (" ".join(draw.choices("abcdefgh", k=draw.randrange(150))) for _ in "12")
        expected = scorer.score(other, one)["rougeL"].fmeasure
        assert rouge_l(Case.of(one, other)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "targets", "match", "score"),
    [
        ("Denver Broncos", ["Denver Broncos", "Broncos"], 1.0, 1.0),
        ("The Denver Broncos!", ["denver broncos"], 1.0, 1.0),
        ("in Denver", ["Denver Broncos", "Denver"], 0.0, 2 / 3),
        ("a gold anniversary", ["gold"], 0.0, 2 / 3),
        ("golden gold gold", ["gold gold"], 0.0, 0.8),
        ("theatre", ["atre"], 0.0, 0.0),
        ("1976", ["1975"], 0.0, 0.0),
        ("", [""], 1.0, 1.0),
        ("the", [""], 1.0, 1.0),
        ("", ["word"], 0.0, 0.0),
    ],
)
def test_answers_score_as_in_squad(
    text: str, targets: list[str], match: float, score: float
) -> None:
    case = Case.of(text, targets)
    assert exact_match(case) == match
    assert f1(case) == pytest.approx(score)


def test_an_answer_is_normalised_as_in_squad() -> None:
    assert normalised(" The  U.S.A.'s an-\tArk, a-b  theme") == "usas ark ab theme"
