"""The documents name everything that a user can meet: verbs, settings, rules, words, exit codes, dependencies."""

import re
import tomllib
from collections.abc import Iterable

import pytest

import scheduler
from crawler.command import Exit
from crawler.config.flags import flag
from crawler.config.load import leaves, variable
from crawler.config.settings import HostConfig, IgnoreConfig, ProjectConfig, SiteConfig
from crawler.deploy.templates import TEMPLATES
from crawler.domain.health import Health
from crawler.domain.observation import Failure
from crawler.domain.verdict import RULES, Rule, Verdict, WarningKind
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = "\n".join([README, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md")))])
KEYS = [key for key, _ in leaves()]
FLAGS = {name for key in KEYS for name in flag(key).split("/")}
NO_FLAG = {"archive.access_key", "archive.secret_key", "tracker.token", "schedule.healthcheck_url"}
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table rows under a heading, up to the next heading of its level."""
    text = FENCE.sub("", README).partition(f"\n{heading}\n")[2]
    level = heading.partition(" ")[0]
    section = re.split(rf"^{level} ", text, maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def code(cells: Iterable[str]) -> set[str]:
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def in_code(word: str) -> bool:
    return f"`{word}`" in DOCS


@pytest.mark.parametrize("verb", sorted(scheduler.main.commands))
def test_every_verb_has_its_row(verb: str) -> None:
    assert any(re.match(rf"`linkvigil {verb}\b", row[0]) for row in rows("## The verbs"))


def test_no_verb_is_described_that_does_not_exist() -> None:
    described = {row[0].split()[1].strip("`") for row in rows("## The verbs") if row[0].startswith("`linkvigil ")}
    assert described <= set(scheduler.main.commands)


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_has_its_row_with_flag_and_variable(key: str) -> None:
    (row,) = [row for row in rows("## Settings") if row[0] == f"`{key}`"]
    assert row[1] == ("" if key in NO_FLAG else f"`{flag(key)}`")
    assert row[2] == f"`{variable(key)}`"


def test_no_setting_is_described_that_does_not_exist() -> None:
    described = {row[0].strip("`") for row in rows("## Settings") if len(row) == 5} - {"key in `linkvigil.toml"}
    assert described == set(KEYS)


@pytest.mark.parametrize(
    "name",
    sorted({name for model in (HostConfig, IgnoreConfig, ProjectConfig, SiteConfig) for name in model.model_fields}),
)
def test_every_key_of_a_table_is_described(name: str) -> None:
    assert re.search(rf"`{name}`|^{name} = ", DOCS, re.MULTILINE)


def rule_rows() -> dict[str, list[str]]:
    found = [row for row in rows('## How a link becomes "broken"') if len(row) == 3 and row[0].startswith("`")]
    return {row[0].strip("`"): row for row in found}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_its_row_with_verdict_and_reason(rule: Rule) -> None:
    assert rule_rows().get(rule.name) == [f"`{rule.name}`", f"`{rule.verdict}`", rule.why]


def test_the_rules_stand_in_the_order_in_which_they_are_tried() -> None:
    assert list(rule_rows()) == [rule.name for rule in RULES]


@pytest.mark.parametrize("word", [*Verdict, *Failure, *Health, *WarningKind], ids=str)
def test_every_word_of_ours_is_explained(word: str) -> None:
    assert in_code(word)


@pytest.mark.parametrize("exit_code", Exit, ids=lambda code: code.name.lower())
def test_every_exit_code_has_its_row(exit_code: Exit) -> None:
    assert [row for row in rows("## The verbs") if row[0] == str(int(exit_code))]


def test_the_order_of_exit_codes_is_told() -> None:
    from crawler import command

    told = ", ".join(str(int(code)) for code in command._PRECEDENCE)
    assert told in DOCS


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - {"config"}))
def test_every_file_for_a_scheduler_is_named(name: str) -> None:
    assert in_code(name) or f"--with {name}`" in DOCS


def dependencies() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"": project["dependencies"], **project["optional-dependencies"]}


def package(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


@pytest.mark.parametrize("name", sorted({package(item) for items in dependencies().values() for item in items}))
def test_every_dependency_has_its_reason(name: str) -> None:
    reasons = {row[0].strip("`").lower(): row[-1] for row in rows("## Dependencies")}
    assert len(reasons.get(name, "")) > 5


def test_no_dependency_is_described_that_is_none() -> None:
    described = {row[0].strip("`").lower() for row in rows("## Dependencies")} - {"package"}
    assert described == {package(item) for items in dependencies().values() for item in items}


def test_every_flag_in_the_documents_exists() -> None:
    options = {
        name
        for verb in scheduler.main.commands.values()
        for option in verb.params
        for name in (*option.opts, *option.secondary_opts)
    }
    options |= {"--help", "--version"}
    # Other programs' flags stand on lines of their own commands.
    ours = [line for line in DOCS.splitlines() if not re.search(r"\b(docker|pytest|apt-get|pip|git) ", line)]
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+[a-z]", "\n".join(ours)))
    assert named - options == set()


def test_every_variable_in_the_documents_exists() -> None:
    known = {variable(key) for key in KEYS} | {"LINKVIGIL_CONFIG", "LINKVIGIL_COMPLETE"}
    assert {name.rstrip("_") for name in re.findall(r"LINKVIGIL_[A-Z_]*[A-Z]", DOCS)} <= known


def test_every_file_that_the_documents_name_exists() -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", FENCE.sub("", DOCS))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_module_map_names_files_that_exist() -> None:
    named = set(re.findall(r"\b((?:crawler|reports)/[\w/]+\.(?:py|json))", DOCS))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_toml_example_is_valid() -> None:
    from crawler.config.settings import Settings

    for block in re.findall(r"^```toml\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL):
        read = tomllib.loads(block)
        known = {*Settings.model_fields}
        assert set(read) <= known, block


def test_the_second_command_of_the_readme_runs_the_tests_and_ci_runs_the_same() -> None:
    commands = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    assert "linkvigil" in commands[0]
    assert commands[1] == "bash tests/run"
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_changelog_has_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
