"""The house itself: the tree, the documents, the names, and what importing radiocore loads."""

import ast
import dataclasses
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest
import typer

import radiocore
from radiocore import Channel, ReceiverGrid, Scene, simulate_manifold
from radiocore.cli.app import app
from radiocore.config import METHODS
from radiocore.estimators import Estimator, estimators

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def project_files():
    """Files that git tracks; without git, those on disk that .gitignore does not name."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
        if listing.returncode == 0:
            return sorted(name for name in listing.stdout.split("\0") if name and (ROOT / name).exists())
    ignored = [line.strip("/") for line in read(".gitignore").splitlines()]
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name != ".git" and not matches_any(name, ignored)]
        found += [str((Path(folder) / name).relative_to(ROOT)) for name in files if not matches_any(name, ignored)]
    return sorted(found)


def matches_any(name, patterns):
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def fenced(document, language):
    """Code blocks of a document in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", read(document), re.MULTILINE | re.DOTALL)


def tree_entries():
    """Paths, with globs, of the tree in CONTRIBUTING.md; two blanks of indent are one folder."""
    block = read("CONTRIBUTING.md").partition("## The tree")[2].partition("```text\n")[2].partition("```")[0]
    folders, entries = [], []
    for line in block.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        folders = [*folders[:depth], name]
        if not name.endswith("/"):
            entries.append("".join(folders))
    return entries


def is_entry_of(path, entry):
    """Glob by parts: a star does not cross a folder."""
    parts, patterns = path.split("/"), entry.split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def test_every_file_is_in_the_tree():
    entries = tree_entries()
    assert len(entries) > 50
    assert [path for path in project_files() if not any(is_entry_of(path, entry) for entry in entries)] == []


def test_every_entry_of_the_tree_is_on_disk():
    assert [entry for entry in tree_entries() if not any(ROOT.glob(entry))] == []


def test_versions_agree():
    pyproject = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    citation = re.search(r"^version: (\S+)", read("CITATION.cff"), re.MULTILINE)[1]
    changelog = re.search(r"^## \[([^]]+)]", read("CHANGELOG.md"), re.MULTILINE)[1]
    assert {citation, changelog, radiocore.__version__} == {pyproject}


def test_extras_are_those_of_the_readme():
    extras = set(tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"])
    table = read("README.md").partition("| extra |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[2:]))) == extras


# Written with brackets, so that it does not find itself.
MACHINE = re.compile(r"(?<![\w.~-])/(?:work|tmp|root|home|opt|mnt)/|(?i:index[-_]url|find[-_]links|pypi[.])")


def test_no_machine_path_or_registry_in_any_file():
    found = []
    for name in project_files():
        try:
            text = read(name)
        except UnicodeDecodeError:
            continue
        found += [f"{name}: {line.strip()[:90]}" for line in text.splitlines() if MACHINE.search(line)]
    assert found == []


def test_importing_radiocore_loads_numpy_and_the_standard_library_only():
    program = """
import sys
import numpy
before = set(sys.modules)
import radiocore
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "radiocore" in loaded
    assert loaded - set(sys.stdlib_module_names) <= {"radiocore", "numpy"}


def test_stub_is_what_the_module_generates(tmp_path):
    pytest.importorskip("pybind11_stubgen")
    options = re.search(r"pybind11-stubgen (radiocore\._core.*?) --output-dir", read("Makefile"))[1].split()
    command = [sys.executable, "-m", "pybind11_stubgen", *options, "--output-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    generated = (tmp_path / "radiocore" / "_core.pyi").read_text(encoding="utf-8")
    assert generated == read("python/radiocore/_core.pyi"), "the stub is old: run make stub"


# ---- Documents against the program ---------------------------------------------------------------


@pytest.mark.parametrize("code", fenced("README.md", "python"), ids=lambda code: code.splitlines()[0])
def test_examples_of_the_readme_run(code, tmp_path):
    """As a user pastes them; what they print is what the README shows."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout in fenced("README.md", "text")


def test_config_of_the_readme_is_one(tmp_path):
    from radiocore.config import RunConfig

    (text,) = fenced("README.md", "toml")
    path = tmp_path / "run.toml"
    path.write_text(text)
    assert RunConfig.from_toml(path).channel.bandwidth_hz == tomllib.loads(text)["channel"]["bandwidth_hz"]


def commands(program):
    """(document, words) of every use of a program: in shell blocks, and in code within sentences."""
    for document in DOCUMENTS:
        text = read(document)
        blocks = "".join(fenced(document, "sh")).replace("\\\n", " ").splitlines()
        sentences = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        for line in [*blocks, *re.findall(r"`([^`]+)`", sentences)]:
            words = shlex.split(line, comments=True)
            if words[:1] == [program] and len(words) > 1:
                yield document, words[1:]


@pytest.mark.parametrize(("document", "words"), list(commands("radiocore")), ids=str)
def test_radiocore_commands_of_the_documents_exist(document, words):
    command = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        assert word in command.commands
        command = command.commands[word]
    options = {name for item in command.params for name in (*item.opts, *item.secondary_opts)}
    given = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
    assert given <= options


@pytest.mark.parametrize(("document", "words"), list(commands("make")), ids=str)
def test_make_commands_of_the_documents_exist(document, words):
    makefile = read("Makefile")
    targets = re.search(r"^\.PHONY:(.*)", makefile, re.MULTILINE)[1].split()
    variables = re.findall(r"^(\w+) *\?=", makefile, re.MULTILINE)
    for word in words:
        name, is_variable, _ = word.partition("=")
        assert name in (variables if is_variable else targets)


def test_options_named_in_sentences_exist():
    known = list(typer.main.get_command(app).commands.values())
    for item in known:
        known += getattr(item, "commands", {}).values()
    options = {name for item in known for one in item.params for name in (*one.opts, *one.secondary_opts)}
    named = re.findall(r"`(--[\w-]+)", re.sub(r"^```.*?^```", "", read("README.md"), flags=re.MULTILINE | re.DOTALL))
    assert named
    assert set(named) <= options


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_to_files_lead_somewhere(document):
    targets = re.findall(r"]\(([^)#:]+)\)", read(document))
    assert [target for target in targets if not (ROOT / target).exists()] == []


# ---- Public names --------------------------------------------------------------------------------


def sections(item):
    return set(re.findall(r"^(\w+)\n-{3,}$", inspect.getdoc(item) or "", re.MULTILINE))


@pytest.mark.parametrize("name", radiocore.__all__)
def test_public_names_are_documented(name):
    item = getattr(radiocore, name)
    assert (inspect.getdoc(item) or "").strip()
    assert item.__doc__, "a docstring of its own"
    if dataclasses.is_dataclass(item):
        assert "Attributes" in sections(item)
    elif inspect.isfunction(item) and inspect.signature(item).parameters:
        assert {"Parameters", "Returns"} <= sections(item)


@pytest.mark.parametrize("path", [name for name in project_files() if re.match(r"python/radiocore/.*\.py$", name)])
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(read(path)))


# ---- The contract of estimators ------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    scene = Scene.synthetic(side_m=200, stations_per_km2=100, seed=2)
    return scene, ReceiverGrid.over(scene, 10.0)


@pytest.fixture(params=estimators().items(), ids=lambda item: item[0])
def named_estimator(request):
    return request.param


def test_methods_of_the_config_are_the_estimators():
    assert set(METHODS) == set(estimators())


def test_estimator_is_a_frozen_dataclass_with_name_and_docstring(named_estimator):
    name, kind = named_estimator
    assert issubclass(kind, Estimator)
    assert kind.__dataclass_params__.frozen
    assert kind.name == name
    assert re.fullmatch(r"[a-z][a-z-]*", name)
    assert "__doc__" in vars(kind) and not kind.__doc__.startswith(f"{kind.__name__}("), "a docstring of its own"
    assert kind() == kind()


def test_estimator_gives_probabilities_and_equal_bytes_for_any_threads(named_estimator, small):
    scene, grid = small
    kind = named_estimator[1]
    one, two = (
        simulate_manifold(
            scene, grid, method=kind(), threshold_db=[-5, 0, 5], threads=threads, block_size=block_size, progress=False
        ).dataset
        for threads, block_size in ((1, None), (2, 96))
    )
    assert one["coverage"].shape == (3, *grid.shape)
    assert ((one["coverage"] >= 0) & (one["coverage"] <= 1)).all()
    rounding = 2 * kind().rounding_bound(len(scene.base_stations), Channel())
    assert (np.diff(one["coverage"], axis=0) <= rounding).all(), "a higher threshold never adds coverage"
    for name in one:
        assert one[name].values.tobytes() == two[name].values.tobytes(), name


def test_estimator_has_a_standard_error_exactly_if_it_samples(named_estimator, small):
    scene, grid = small
    kind = named_estimator[1]
    samples = "draws" in {item.name for item in dataclasses.fields(kind)}
    assert ("standard_error" in simulate_manifold(scene, grid, method=kind(), progress=False).dataset) == samples
