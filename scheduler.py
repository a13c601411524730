"""The command `linkvigil`: its verbs wired to the stages, and `serve`, which runs the night on a clock.

Data goes to standard output, everything else to standard error. `serve` starts `run` as a child
process: a reactor cannot start twice in one process, and a crash of a run must not end the scheduler.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from crawler import crontab, progress
from crawler.children import run_each, this_command
from crawler.command import Call, Exit, end_gently_on_sigterm, verb, worst
from crawler.config import ProjectConfig
from crawler.deploy.templates import TEMPLATES
from crawler.doctor import examine
from crawler.domain.links import Link
from crawler.domain.urls import shown
from crawler.errors import ConfigError, SourceError, TrackerError
from crawler.healthcheck import heartbeat
from crawler.lock import RunLock
from crawler.spider.settings import CrawlStats
from crawler.stages import collect as collect_stage
from crawler.stages import judge as judge_stage
from crawler.stages.look import look
from crawler.stages.night import Night, ending, whole
from crawler.store import judging, runs
from crawler.store.runs import Run, RunState
from crawler.store.session import Store, open_store
from crawler.version import tool_version
from reports.build import build
from reports.explain import explain as explain_url
from reports.model import Report
from reports.outcome import has_findings, summary
from reports.publish import publish as publish_report
from reports.write import render_as, write_folder

log = logging.getLogger("linkvigil")

_STATE_EXIT = {RunState.UNTRUSTED: Exit.UNTRUSTED, RunState.PARTIAL: Exit.PARTIAL}
_NO_CONTACT = "No `contact` is set: site owners cannot see who asks, and no captures are asked for."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(tool_version(), prog_name="linkvigil")
def main() -> None:
    """Watch the links of lists, documentation and web sites: what is dead, and what to put in its place."""


@verb(main)
@click.option("--as-link", is_flag=True, help="A web address is only looked at itself, its links are not.")
@click.option("--new-since", metavar="GITREF", help="Judge only links that the working tree adds.")
def check(call: Call, *, as_link: bool, new_since: str | None) -> Exit:
    """Look at the links of files and web pages once, now. No database is kept."""
    if not call.paths:
        raise ConfigError("check: name files, folders or pages")
    settings = call.settings
    if settings.format == "jsonl":
        raise ConfigError("format: jsonl is for `collect`; use text, json, csv, markdown or html")
    if "enabled" not in settings.archive.model_fields_set:
        settings = settings.model_copy(update={"archive": settings.archive.model_copy(update={"enabled": False})})
    with (
        progress.crawl_progress(wanted=not settings.no_progress) as show,
        look(call.paths, settings, call.clock, as_link=as_link, new_since=new_since, progress=show) as seen,
    ):
        store, run, project, settings = seen
        report = build(store, run, settings, project, with_history=False)
    _put(render_as(report, settings.format, color=_wants_color(settings.output)), settings.output)
    return worst([_STATE_EXIT.get(run.state, Exit.DONE), _findings_exit(report, settings.fail_on or "broken")])


@verb(main)
@click.option("--project", "name", help="Only this project.")
def run(call: Call, *, name: str | None) -> Exit:
    """Run the night: collect, crawl, judge, archive, suggest, report and, where configured, publish."""
    projects = call.projects(name)
    if len(projects) > 1:
        return worst(run_each([project.name for project in projects], call.settings.report.folder))
    settings, project = call.settings, projects[0]
    collect_stage.require_sources(project, settings)
    end_gently_on_sigterm()
    with RunLock(settings, project.name), open_store(settings.database_url) as store, heartbeat(settings) as beat:
        if settings.contact is None and settings.user_agent is None:
            log.warning(_NO_CONTACT)
        with progress.crawl_progress(wanted=not settings.no_progress) as show:
            night = Night(store=store, settings=settings, project=project, clock=call.clock, progress=show)
            finished = whole(night)
        report, notes = _reported(store, finished, call, project)
        code = worst([_STATE_EXIT.get(finished.state, Exit.DONE), _findings_exit(report, settings.fail_on or "none")])
        beat.done(code, "\n".join([summary(report), *notes]))
    click.echo(f"{summary(report)}\nreport: {settings.report.folder / 'index.html'}", err=True)
    return code


@verb(main)
@click.option("--project", "name", help="Only this project.")
def collect(call: Call, *, name: str | None) -> Exit:
    """List the links of files as JSON lines, without a database; without a path, the stage of all projects."""
    if call.paths:
        if any(map(collect_stage.is_web, call.paths)):
            raise ConfigError("collect: name files or folders; the links of a page are for `linkvigil check URL`")
        links = collect_stage.collect(call.paths, call.settings, call.clock())
        _put("".join(_line(link) for link in links), call.settings.output)
        return Exit.DONE
    for project in call.projects(name):
        collect_stage.require_sources(project, call.settings)
        with _night(call, project) as (night, begun):
            night.collect(begun)
    return Exit.DONE


@verb(main)
@click.option("--project", "name", help="Which project, where several are configured.")
def crawl(call: Call, *, name: str | None) -> Exit:
    """Look at everything that is due in the run that `collect` began."""
    with _night(call, _one(call, name)) as (night, begun):
        stats = night.crawl(begun)
    return Exit.PARTIAL if stats.stopped else Exit.DONE


@verb(main)
@click.option("--project", "name", help="Only this project.")
@click.option("--all", "everything", is_flag=True, help="Judge all history again, after a change of the rules.")
def judge(call: Call, *, name: str | None, everything: bool) -> Exit:
    """Judge what was seen and end the run; with --all, all history again."""
    for project in call.projects(name):
        if everything:
            with RunLock(call.settings, project.name), open_store(call.settings.database_url) as store:
                click.echo(judge_stage.rejudge(store, project.name, call.settings).line())
            continue
        with _night(call, project) as (night, begun):
            state, reason = ending(night.judge(begun), CrawlStats())
            night.finish(begun, state, reason)
    return Exit.DONE


@verb(main)
@click.option("--project", "name", help="Only this project.")
def archive(call: Call, *, name: str | None) -> Exit:
    """Find archived copies of the last run's failing links, and ask for missing ones."""
    for project in call.projects(name):
        with _night(call, project, latest=True) as (night, begun):
            night.archive(begun)
    return Exit.DONE


@verb(main)
@click.option("--project", "name", help="Only this project.")
def suggest(call: Call, *, name: str | None) -> Exit:
    """Rank what could stand in place of the last run's failing and moved links."""
    for project in call.projects(name):
        with _night(call, project, latest=True) as (night, begun):
            night.suggest(begun)
    return Exit.DONE


@verb(main)
@click.option("--project", "name", help="Only this project.")
def report(call: Call, *, name: str | None) -> Exit:
    """Write the report of the last run again."""
    codes = []
    for project in call.projects(name):
        with _night(call, project, latest=True) as (night, begun):
            made = build(night.store, begun, call.settings, project)
            write_folder(made, call.settings.report.folder)
            codes.append(_findings_exit(made, call.settings.fail_on or "none"))
    return worst(codes)


@verb(main)
@click.option("--project", "name", help="Only this project.")
@click.option("--apply", "write", is_flag=True, help="Really write; otherwise the plan is only shown.")
def publish(call: Call, *, name: str | None, write: bool) -> Exit:
    """Show what the last run would change on the issue tracker; with --apply, do it."""
    for project in call.projects(name):
        with _night(call, project, latest=True) as (night, begun):
            made = build(night.store, begun, call.settings, project)
            outcome = publish_report(
                night.store,
                begun,
                made,
                call.settings,
                project,
                call.clock(),
                write=write or call.settings.tracker.apply,
            )
        if outcome is None:
            raise ConfigError("no tracker is configured: set tracker.kind, tracker.repo and its token")
        click.echo(outcome.text())
        if outcome.failed:
            return Exit.PARTIAL
    return Exit.DONE


@verb(main, paths=False)
@click.argument("url")
@click.option("--project", "name", help="Which project, where several are configured.")
def explain(call: Call, *, url: str, name: str | None) -> Exit:
    """Show all that is known of one URL, and why it was judged so."""
    with open_store(call.settings.database_url) as store:
        click.echo(explain_url(store, _known(store, call, name), url, call.settings), nl=False)
    return Exit.DONE


@verb(main)
@click.option("--project", "name", help="Only this project.")
def baseline(call: Call, *, name: str | None) -> Exit:
    """Accept what is dead today without alarms, until it recovers and dies again."""
    with open_store(call.settings.database_url) as store:
        for project in (
            [_known(store, call, name)]
            if not call.paths and not call.settings.project
            else [item.name for item in call.projects(name)]
        ):
            with RunLock(call.settings, project):
                count = judging.accept_baseline(store, runs.project_id(store, project), call.clock())
            click.echo(f"{project}: {count} failing links are accepted as they are")
    return Exit.DONE


@verb(main, paths=False)
@click.option("--with", "template", type=click.Choice(sorted(TEMPLATES)), help="Print a file for a scheduler instead.")
def init(call: Call, *, template: str | None) -> Exit:
    """Write a linkvigil.toml to start from; or print a unit, crontab line or workflow."""
    if template is not None:
        click.echo(TEMPLATES[template].text(), nl=False)
        return Exit.DONE
    target = Path("linkvigil.toml")
    if target.exists():
        raise ConfigError(f"{target} exists; it is left as it is")
    target.write_text(TEMPLATES["config"].text(), encoding="utf-8")
    click.echo(f"wrote {target}: name your files in it, then call `linkvigil run`", err=True)
    return Exit.DONE


@verb(main, paths=False)
def doctor(call: Call) -> Exit:
    """Check the set-up: configuration, state folder, database, clock, name resolution, tracker."""
    results = examine(call.settings, call.clock())
    for result in results:
        click.echo(f"{'ok  ' if result.fine else 'FAIL'} {result.what}: {result.detail}")
    return Exit.DONE if all(result.fine for result in results) else Exit.USAGE


@verb(main, paths=False)
def migrate(call: Call) -> Exit:
    """Bring the database to this version's schema."""
    with open_store(call.settings.database_url):
        click.echo("the database has this version's schema", err=True)
    return Exit.DONE


@verb(main)
@click.option("--once", is_flag=True, help="Run now if the last run is overdue, then end.")
def serve(call: Call, *, once: bool) -> Exit:
    """Run the night at the configured times, one at a time, as a child process."""
    schedule = call.settings.schedule
    trigger = nightly(schedule.cron, schedule.timezone)
    command = [*this_command(), "run", *_forwarded(sys.argv[1:])]
    if _is_overdue(call, trigger):
        log.warning("the last run is overdue: it is made up for now")
        _run_child(command)
    if once:
        return Exit.DONE
    clock = BlockingScheduler(
        timezone=schedule.timezone,
        job_defaults={
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": int(schedule.misfire_grace.total_seconds()),
        },
    )
    clock.add_job(_run_child, trigger, args=[command], id="night", name="night")
    clock.add_listener(_on_trouble, EVENT_JOB_MISSED | EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: clock.shutdown(wait=False))
    log.warning("next run at %s", trigger.get_next_fire_time(None, datetime.now(UTC)))
    clock.start()
    return Exit.DONE


def nightly(cron: str, timezone: str) -> BaseTrigger:
    """Return the trigger of five crontab fields.

    Raises:
        ConfigError: the fields or the time zone are wrong.
    """
    try:
        triggers = [CronTrigger(timezone=timezone, **fields) for fields in crontab.read(cron)]
    except (ValueError, LookupError) as error:
        raise ConfigError(f"schedule: {error}") from error
    return OrTrigger(triggers) if len(triggers) > 1 else triggers[0]


def _forwarded(arguments: list[str]) -> list[str]:
    """Return the arguments of `serve` without the verb and its own option, for the child."""
    at = arguments.index("serve")
    return [item for item in arguments[:at] + arguments[at + 1 :] if item != "--once"]


def _run_child(command: list[str]) -> None:
    code = subprocess.run(command, check=False).returncode
    log.warning("the run ended with %d", code)


def _on_trouble(event: JobEvent) -> None:
    log.error("a run did not start or failed: %s", type(event).__name__ + f" code {event.code}")


def _is_overdue(call: Call, trigger: BaseTrigger) -> bool:
    """Whether a time of the schedule passed since the last run that ended, or the last one never ended."""
    now = datetime.now(UTC)
    with open_store(call.settings.database_url) as store:
        ends = [last.finished_at for project in call.projects() if (last := runs.latest_run(store, project.name))]
    ended = [end for end in ends if end]
    if len(ended) < len(ends):
        return True
    expected = trigger.get_next_fire_time(None, min(ended)) if ended else None
    return expected is not None and expected <= now


@contextmanager
def _night(call: Call, project: ProjectConfig, *, latest: bool = False) -> Iterator[tuple[Night, Run]]:
    """Open one project's night: the run under way, or with `latest` the last one that ended."""
    with RunLock(call.settings, project.name), open_store(call.settings.database_url) as store:
        night = Night(store=store, settings=call.settings, project=project, clock=call.clock)
        if not latest:
            yield night, night.begin()
            return
        last = runs.latest_run(store, project.name)
        if last is None:
            raise SourceError(f"project {project.name} has no run yet: call `linkvigil run`")
        yield night, last


def _one(call: Call, name: str | None) -> ProjectConfig:
    projects = call.projects(name)
    if len(projects) > 1:
        raise ConfigError("several projects are configured: name one with --project")
    return projects[0]


def _known(store: Store, call: Call, name: str | None) -> str:
    names = [known for _, known in runs.projects(store)]
    if name is None and len(names) == 1:
        return names[0]
    if name not in names:
        raise ConfigError(f"name a project with --project; known: {', '.join(names) or 'none yet'}")
    return name


def _reported(store: Store, finished: Run, call: Call, project: ProjectConfig) -> tuple[Report, list[str]]:
    """Write the report and publish; a tracker that fails does not take the run's results back."""
    settings = call.settings
    notes: list[str] = [] if settings.contact or settings.user_agent else [_NO_CONTACT]
    made = build(store, finished, settings, project, extra_notes=notes)
    write_folder(made, settings.report.folder)
    if finished.state is not RunState.DONE:
        return made, [finished.reason or finished.state.value]
    tracker = project.tracker or settings.tracker
    try:
        outcome = publish_report(store, finished, made, settings, project, call.clock(), write=tracker.apply)
    except TrackerError as error:
        log.error("the issues were left as they are: %s", error)  # noqa: TRY400 (one line, no trace)
        return made, [f"issues: {error}"]
    if outcome is not None:
        click.echo(outcome.text(), err=True)
    return made, []


def _findings_exit(made: Report, fail_on: str) -> Exit:
    return Exit.FINDINGS if has_findings(made, fail_on) else Exit.DONE


def _line(link: Link) -> str:
    fields = {
        "url": shown(link.url),
        "raw": link.raw,
        "source": link.source,
        "line": link.line,
        "column": link.column,
        "text": link.text,
        "kind": link.kind,
        "optional": link.optional,
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _wants_color(output: Path | None) -> bool:
    return output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _put(text: str, output: Path | None) -> None:
    if output is not None:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{output}: the output cannot be written: {error.strerror}") from error
        return
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.flush()


if __name__ == "__main__":
    main(prog_name="linkvigil")
