"""The shipped units, crontab line, workflow, container file and hook, each tried by a tool that knows it."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from apscheduler.triggers.cron import CronTrigger
from dockerfile_parse import DockerfileParser
from identify.identify import ALL_TAGS

from crawler.config import load
from crawler.config.load import PREFIX, RESERVED, leaves, variable
from crawler.deploy.templates import TEMPLATES
from tests.conftest import ROOT

SERVICE, TIMER = TEMPLATES["systemd"].parts().values()
CRONTAB = TEMPLATES["cron"].text()
WORKFLOW = TEMPLATES["github-actions"].text()
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")


def tool(name: str) -> str:
    """Return a program of this environment, or of the system."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed"
    return found


def run(*arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run([*map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_takes_the_unit_and_its_timer_without_a_warning(tmp_path: Path) -> None:
    program = Path(shutil.which("true") or "/bin/true").resolve()
    (tmp_path / "linkvigil.service").write_text(SERVICE.replace("/usr/local/bin/linkvigil", str(program)))
    (tmp_path / "linkvigil.timer").write_text(TIMER)
    said = run(tool("systemd-analyze"), "verify", "--man=no", "linkvigil.service", "linkvigil.timer", cwd=tmp_path)
    assert said == ""


def test_systemd_s_verification_can_fail(tmp_path: Path) -> None:
    (tmp_path / "linkvigil.timer").write_text(TIMER.replace("OnCalendar=*-*-* 03:17:00 UTC", "OnCalendar=at night"))
    (tmp_path / "linkvigil.service").write_text(SERVICE)
    done = subprocess.run(
        [tool("systemd-analyze"), "verify", "--man=no", "linkvigil.timer"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
    )
    assert done.returncode != 0 or done.stderr


def test_the_unit_is_hardened_as_systemd_itself_rates_it(tmp_path: Path) -> None:
    (tmp_path / "linkvigil.service").write_text(SERVICE)
    unit = tmp_path / "linkvigil.service"
    run(tool("systemd-analyze"), "security", "--offline=true", "--threshold=20", "--no-pager", unit, cwd=tmp_path)


def test_the_crontab_has_one_job_that_a_cron_parser_takes() -> None:
    (job,) = [line for line in CRONTAB.splitlines() if re.match(r"[\d*]", line)]
    fields = job.split(None, 5)
    CronTrigger.from_crontab(" ".join(fields[:5]))
    assert fields[0] != "0"
    assert "%" not in fields[5], "cron takes % for a new line"


def test_the_crontab_s_command_is_valid_shell(tmp_path: Path) -> None:
    command = next(line for line in CRONTAB.splitlines() if re.match(r"[\d*]", line)).split(None, 5)[5]
    run("sh", "-n", "-c", command, cwd=tmp_path)
    assert "linkvigil" in shlex.split(command)[3]


def test_the_workflow_fits_the_published_schema(tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text(WORKFLOW, encoding="utf-8")
    run(tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", "workflow.yml", cwd=tmp_path)


def workflow() -> dict[str, object]:
    read = yaml.safe_load(WORKFLOW)
    return read | {"on": read.pop(True)}  # YAML 1.1 reads `on` as true


def test_the_workflow_may_write_issues_and_nothing_else() -> None:
    assert workflow()["permissions"] == {"contents": "read", "issues": "write"}


def test_the_workflow_runs_once_at_a_time_at_an_odd_minute() -> None:
    read = workflow()
    assert read["concurrency"] == {"group": "linkvigil", "cancel-in-progress": False}
    (schedule,) = read["on"]["schedule"]  # type: ignore[index]
    assert int(schedule["cron"].split()[0]) % 2 == 1


def test_the_workflow_saves_its_state_under_a_new_key_even_when_the_run_fails() -> None:
    steps = workflow()["jobs"]["links"]["steps"]  # type: ignore[index]
    (restore,) = [step for step in steps if "cache/restore" in step.get("uses", "")]
    (save,) = [step for step in steps if "cache/save" in step.get("uses", "")]
    assert save["if"] == "always()"
    assert save["with"]["path"] == restore["with"]["path"] == ".linkvigil"
    assert save["with"]["key"] == restore["with"]["key"]
    assert "github.run_id" in save["with"]["key"]
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])


def test_the_workflow_s_scripts_are_valid_shell(tmp_path: Path) -> None:
    for step in workflow()["jobs"]["links"]["steps"]:  # type: ignore[index]
        if "run" in step:
            run("bash", "-n", "-c", step["run"], cwd=tmp_path)


@pytest.mark.parametrize(
    "text", [SERVICE, CRONTAB, WORKFLOW, DOCKERFILE], ids=["unit", "crontab", "workflow", "container"]
)
def test_every_variable_in_a_shipped_file_is_one_that_we_read(text: str) -> None:
    known = {variable(key) for key, _ in leaves()} | RESERVED
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", text)) <= known


def commands(text: str) -> set[str]:
    return set(
        re.findall(
            r"--[a-z-]+",
            " ".join(
                line
                for line in text.splitlines()
                if re.search(r"linkvigil\"? (run|check)", line) and not line.startswith("#")
            ),
        )
    )


@pytest.mark.parametrize(
    ("verb", "text"),
    [("run", SERVICE), ("run", CRONTAB), ("run", WORKFLOW), ("check", HOOKS)],
    ids=["unit", "crontab", "workflow", "hook"],
)
def test_every_flag_in_a_shipped_file_is_one_that_the_verb_has(verb: str, text: str) -> None:
    import scheduler

    known = {name for option in scheduler.main.commands[verb].params for name in (*option.opts, *option.secondary_opts)}
    assert commands(text)
    assert commands(text) <= known


def test_the_first_configuration_is_valid(tmp_path: Path) -> None:
    (tmp_path / "linkvigil.toml").write_text(TEMPLATES["config"].text(), encoding="utf-8")
    settings = load(None, environ={}, flags={}, folder=tmp_path)
    assert [project.name for project in settings.project] == ["list"]


def test_the_first_configuration_is_valid_with_every_comment_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ARCHIVE_ACCESS_KEY", "ARCHIVE_SECRET_KEY", "GITHUB_TOKEN", "EXAMPLE_AUTHORIZATION"):
        monkeypatch.setenv(name, "x")
    text = re.sub(r"^# (?=\[|[a-z_]+ = )", "", TEMPLATES["config"].text(), flags=re.MULTILINE)
    assert "# cron" not in text
    tomllib.loads(text)
    (tmp_path / "linkvigil.toml").write_text(text, encoding="utf-8")
    # A commented-out line shows the default, so that taking it out changes nothing but what it has to name.
    read = load(None, environ={}, flags={}, folder=tmp_path)
    default = load(None, environ={}, flags={}, folder=tmp_path / "none")
    assert (read.schedule, read.report) == (default.schedule, default.report)


def test_the_container_ends_as_another_user_under_an_init(tmp_path: Path) -> None:
    parsed = DockerfileParser(path=str(tmp_path), cache_content=True)
    parsed.content = DOCKERFILE
    by_name: dict[str, list[str]] = {}
    for part in parsed.structure:
        by_name.setdefault(part["instruction"], []).append(part["value"])
    assert by_name["USER"][-1] not in {"root", "0"}
    assert "tini" in by_name["ENTRYPOINT"][-1]
    assert by_name["VOLUME"] == ['["/state"]']
    assert len(by_name["HEALTHCHECK"]) == 1


def test_the_container_copies_only_what_its_ignore_file_lets_through() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE) for name in line.split()[:-1]
    }
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_pre_commit_takes_the_hook() -> None:
    run(tool("pre-commit"), "validate-manifest", ".pre-commit-hooks.yaml", cwd=ROOT)


def test_the_hook_s_file_types_exist() -> None:
    (hook,) = yaml.safe_load(HOOKS)
    assert {*hook["types"], *hook["types_or"]} <= ALL_TAGS


def test_the_templates_say_where_each_of_several_files_goes() -> None:
    text = TEMPLATES["systemd"].text()
    assert text.startswith("# /etc/systemd/system/linkvigil.service\n[Unit]")
    assert "\n# /etc/systemd/system/linkvigil.timer\n[Unit]" in text
