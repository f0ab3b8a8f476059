"""Reading config.js: as JavaScript would, without running it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.registry.config_js import ConfigError, parse_config

SHIPPED = Path(__file__).parents[3] / "static" / "config.js"

IN_NODE = """
const vm = require("node:vm"), fs = require("node:fs");
const room = {};
vm.runInNewContext(fs.readFileSync(process.argv[1], "utf8"), room, {timeout: 1000});
process.stdout.write(JSON.stringify([room.ModelConfig, room.APILocation]));
"""


def test_node_and_python_read_the_shipped_file_alike() -> None:
    node = shutil.which("node")
    assert node, "Node is needed for this test"
    done = subprocess.run(
        [node, "-e", IN_NODE, str(SHIPPED)], capture_output=True, check=True, timeout=30
    )
    models, location = json.loads(done.stdout)
    config = parse_config(SHIPPED.read_text(encoding="utf-8"))
    assert config.continuation == models["continuationModels"]
    assert config.prompt == models["promptModels"]
    assert config.api_location == location


def test_the_shipped_file_names_the_default_model_for_both_modes_as_a_string() -> None:
    config = parse_config(SHIPPED.read_text(encoding="utf-8"))
    assert config.continuation == {"SmolLM2 135M": "smollm2-135m-instruct"} == config.prompt


def test_the_original_projects_file_is_understood() -> None:
    text = """// noinspection ES6ConvertVarToLetConst
var ModelConfig = {
    continuationModels : {
        "Harry Potter"          : "model_harry_potter",
        "GPT2-small (0 shot)"   : "gpt2"
    },
    promptModels : {
        "Reddit Writing Prompt" : "model_writing_prompt",
    }
};

// noinspection ES6ConvertVarToLetConst
var APILocation = "127.0.0.1:5000";"""
    config = parse_config(text)
    assert config.continuation == {
        "Harry Potter": "model_harry_potter",
        "GPT2-small (0 shot)": "gpt2",
    }
    assert config.prompt == {"Reddit Writing Prompt": "model_writing_prompt"}
    assert config.api_location == "127.0.0.1:5000"


def test_comments_quotes_hexadecimal_and_other_statements_are_javascripts() -> None:
    text = """
    // var ModelConfig = {continuationModels: {"wrong": "commented out"}};
    /* var ModelConfig = { broken */
    const note = "var ModelConfig = {";  let other = 'APILocation = 1';
    window.x = 1;
    var ModelConfig={continuationModels:{'a\\'b': {source: 'x', context: 0x400, /* why */ threads: 2,},},};
    APILocation = 'https://example.org'
    """
    config = parse_config(text)
    assert config.continuation == {"a'b": {"source": "x", "context": 1024, "threads": 2}}
    assert config.prompt == {}
    assert config.api_location == "https://example.org"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (
            'var ModelConfig = {\n  continuationModels: {\n    "a": "b"\n    "c": "d",\n  },\n};',
            4,
            5,
        ),
        ('var ModelConfig = {\n  continuationModels: {\n    "a": model("b"),\n  }\n};', 3, 10),
        ("var ModelConfig = [];", 1, 18),
        ("var ModelConfig = {\n  promptModels: 7 };", 2, 3),
        ('/* é🎉 */ var ModelConfig = {\n\n "ü": "🎉", x: §};', 3, 15),
    ],
)
def test_a_mistake_is_reported_with_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text)
    problem = caught.value.problem
    assert (problem.line, problem.column) == (line, column)
    assert f"line {line}, column {column}" in problem.message
    assert problem.mend


@pytest.mark.parametrize("text", ["", "// nothing", "var Other = {};", "ModelConfig == {}"])
def test_a_file_without_the_models_says_so(text: str) -> None:
    with pytest.raises(ConfigError, match="ModelConfig"):
        parse_config(text)


def test_brackets_within_brackets_are_limited() -> None:
    with pytest.raises(ConfigError, match="brackets"):
        parse_config("var ModelConfig = " + "{a:" * 5000)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_either_read_or_refused_with_a_place(text: str) -> None:
    try:
        parse_config("var ModelConfig = {" + text)
    except ConfigError as error:
        assert error.problem.line >= 1
        assert error.problem.column >= 1
