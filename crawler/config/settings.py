"""All settings as one validated tree; each leaf is a TOML key, a `LINKVIGIL_*` variable and a flag.

Names follow lychee where lychee has the option. Secrets have no flag of their own unless lychee
has one: they come from the environment, a file, or the configuration.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from crawler.config.values import (
    BaseUrl,
    Certificates,
    CredentialLines,
    Duration,
    HeaderLines,
    Lines,
    Networks,
    OutputFile,
    Patterns,
    Proxy,
    RemapLines,
    RequiredSecret,
    Resolver,
    Secret,
    Statuses,
    WebAddress,
)

FailOn = Literal["none", "new", "broken"]
Format = Literal["text", "json", "jsonl", "csv", "markdown", "html"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)


class HostConfig(_Strict):
    """One host and everything below it: `[hosts."example.com"]`."""

    delay: Duration | None = Field(default=None, description="Pause between two requests to this host.")
    concurrency: int | None = Field(default=None, ge=1, description="Requests to this host at once.")
    headers: dict[str, RequiredSecret] = Field(
        default_factory=dict, description="Headers for this host only; a value may be { env = ... } or { file = ... }."
    )
    accept: Statuses = Field(default=frozenset(), description="Statuses that mean alive on this host.")
    skip: bool = Field(default=False, description="Do not look at links to this host.")


class SiteConfig(_Strict):
    """A live site that is crawled for its links: `[[project.site]]`."""

    url: WebAddress = Field(description="Start page.")
    scope: Literal["directory", "host", "domain"] = Field(default="host", description="Which pages belong to the site.")
    depth: int = Field(default=3, ge=0, description="How many clicks from the start page.")
    max_pages: int = Field(default=500, ge=1, description="How many pages are read at most.")


class TrackerConfig(_Strict):
    """Where issues are opened: `[tracker]`."""

    kind: Literal["none", "github"] = Field(default="none", description="Kind of issue tracker.")
    url: WebAddress = Field(default="https://api.github.com", description="Base address of its API.")
    repo: str | None = Field(default=None, description="owner/name of the repository.")
    token: Secret = Field(default=None, description="Access token; never a flag.")
    mode: Literal["dashboard", "per-link"] = Field(default="dashboard", description="One issue a list, or one a link.")
    apply: bool = Field(default=False, description="Really write; otherwise the plan is only shown.")
    max_new: int = Field(default=5, ge=0, description="New issues a run in mode per-link.")
    max_open: int = Field(default=20, ge=0, description="Open issues at once in mode per-link.")
    labels: Lines = Field(default=("linkvigil",), description="Labels of the issues.")
    title: str | None = Field(default=None, description="Title of the dashboard issue.")


class ProjectConfig(_Strict):
    """One list, documentation tree or site: `[[project]]`."""

    name: str = Field(default="default", min_length=1, max_length=200, description="Stable name; history hangs on it.")
    paths: Lines = Field(default=(), description="Files, directories and globs.")
    sitemaps: Lines = Field(default=(), description="Sitemaps, as files or web addresses.")
    site: tuple[SiteConfig, ...] = Field(default=(), description="Live sites.")
    base_url: BaseUrl | None = Field(default=None, description="What relative links are resolved against.")
    root_dir: Path | None = Field(default=None, description="What root-relative links are resolved against.")
    repo_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+/.+/blob/[^/]+/?$",
        description="Web address of the files, as https://github.com/owner/name/blob/main.",
    )
    tracker: TrackerConfig | None = Field(default=None, description="Instead of the general [tracker].")


class IgnoreConfig(_Strict):
    """Links that are known and accepted: `[[ignore]]`."""

    pattern: Patterns = Field(description="Regular expressions of URLs.")
    reason: str = Field(min_length=1, description="Why; shown in the report.")
    until: date | None = Field(default=None, description="Last day on which it holds.")


class CrawlConfig(_Strict):
    """How the nightly crawl spends its time: `[crawl]`."""

    recheck_after: Duration = Field(
        default=timedelta(hours=12), description="A URL looked at more recently than this is not due again."
    )
    budget: int | None = Field(default=None, ge=1, description="At most so many links a run.")
    deadline: Duration | None = Field(default=None, description="End a run after this time; it is marked partial.")
    retry_wait: Duration = Field(default=timedelta(seconds=1), description="Wait before the second try; doubles.")
    retry_cap: Duration = Field(default=timedelta(seconds=60), description="Longest wait before another try.")
    body_cap: int = Field(default=262144, ge=1024, description="Bytes of a page that are read at most.")
    robots_from: int = Field(
        default=20, ge=1, description="Due links on a host from which on its crawl delay is asked for."
    )
    retention: Duration = Field(
        default=timedelta(days=400), description="Age at which ordinary observations are pruned."
    )
    read_pages: bool = Field(default=True, description="Read the text of pages, for titles and soft 404s.")


class ArchiveConfig(_Strict):
    """The web archive: `[archive]`."""

    enabled: bool = Field(default=True, description="Look for archived copies of failing links.")
    url: WebAddress = Field(default="https://web.archive.org", description="Base address of the archive.")
    availability_url: WebAddress = Field(
        default="https://archive.org", description="Base address of its availability API."
    )
    access_key: Secret = Field(default=None, description="Save Page Now access key; never a flag.")
    secret_key: Secret = Field(default=None, description="Save Page Now secret key; never a flag.")
    save: bool = Field(default=True, description="Ask for captures of failing links that have none.")
    max_saves: int = Field(default=10, ge=0, description="Captures asked for in one run without keys.")
    budget: Duration = Field(default=timedelta(minutes=20), description="Time for archive look-ups a run.")
    cdx_interval: Duration = Field(default=timedelta(seconds=2.5), description="Pause between index look-ups.")
    replay_interval: Duration = Field(default=timedelta(seconds=1), description="Pause between replays.")
    save_interval: Duration | None = Field(
        default=None, description="Pause between captures; by default as the archive asks."
    )
    timeout: Duration = Field(default=timedelta(seconds=60), description="Longest wait for one archive answer.")


class ReportConfig(_Strict):
    """The report: `[report]`."""

    language: Literal["en", "zh"] = Field(default="en", description="Language of the report.")
    folder: Path = Field(default=Path("linkvigil-report"), description="Folder that the report is written into.")


class PageWindowConfig(_Strict):
    """Definite failures of the page itself: 404, 410, soft 404, parked."""

    strikes: int = Field(default=3, ge=1, description="Run dates after which a dead page is confirmed.")
    span: Duration = Field(default=timedelta(hours=44), description="Time that they span at least.")


class NameWindowConfig(_Strict):
    """Failures of the name: NXDOMAIN, no address."""

    strikes: int = Field(default=5, ge=1, description="Run dates after which a dead name is confirmed.")
    span: Duration = Field(default=timedelta(hours=92), description="Time that they span at least.")


class PassingWindowConfig(_Strict):
    """Failures that may pass: 5xx, timeout, refused, reset, TLS."""

    strikes: int = Field(default=7, ge=1, description="Run dates after which a lasting failure is confirmed.")
    span: Duration = Field(default=timedelta(days=14), description="Time that they span at least.")


class WindowsConfig(_Strict):
    """When a failure is confirmed: `[windows.page]`, `[windows.name]`, `[windows.passing]`."""

    page: PageWindowConfig = Field(default_factory=PageWindowConfig)
    name: NameWindowConfig = Field(default_factory=NameWindowConfig)
    passing: PassingWindowConfig = Field(default_factory=PassingWindowConfig)


class ScheduleConfig(_Strict):
    """When `serve` runs: `[schedule]`."""

    cron: str = Field(default="17 3 * * *", description="Five crontab fields.")
    timezone: str = Field(default="UTC", description="IANA time zone of the fields.")
    misfire_grace: Duration = Field(
        default=timedelta(hours=6), description="How late a missed start is still made up for."
    )
    healthcheck_url: Secret = Field(default=None, description="Address that is pinged at start, success and failure.")


class Settings(_Strict):
    """Everything that can be configured."""

    accept: Statuses = Field(default=frozenset(), description="Statuses that mean alive beside 2xx, as 403,500..=503.")
    include: Patterns = Field(default=(), description="Look only at URLs that match; repeatable.")
    exclude: Patterns = Field(default=(), description="Do not look at URLs that match; repeatable.")
    exclude_path: Patterns = Field(default=(), description="Leave out source files whose path matches; repeatable.")
    timeout: Duration = Field(default=timedelta(seconds=20), gt=timedelta(0), description="Total time of one try.")
    max_retries: int = Field(default=2, ge=0, le=20, description="Further tries after a passing failure.")
    max_redirects: int = Field(default=10, ge=0, le=50, description="Redirects followed.")
    max_concurrency: int = Field(default=128, ge=1, le=10000, description="Requests at once.")
    host_concurrency: int = Field(default=4, ge=1, description="Requests to one host at once.")
    host_request_interval: Duration = Field(
        default=timedelta(milliseconds=100), description="Pause between requests to a host."
    )
    user_agent: str | None = Field(default=None, description="Instead of the default User-Agent.")
    contact: str | None = Field(
        default=None, description="Address in the User-Agent for people who wonder about the requests."
    )
    header: HeaderLines = Field(
        default=(), repr=False, description="Header for every request, 'Name: value'; repeatable."
    )
    basic_auth: CredentialLines = Field(
        default=(), repr=False, description="'PATTERN USER:PASSWORD' for URLs that match; repeatable."
    )
    github_token: Secret = Field(default=None, description="Token for GitHub; the tracker's where it has none.")
    root_dir: Path | None = Field(default=None, description="What root-relative links are resolved against.")
    base_url: BaseUrl | None = Field(default=None, description="What relative links are resolved against.")
    remap: RemapLines = Field(default=(), description="'PATTERN REPLACEMENT' applied before fetching; repeatable.")
    include_fragments: bool = Field(default=False, description="Check fragments of web pages, too.")
    include_verbatim: bool = Field(default=False, description="Check links in code, comments and front matter.")
    offline: bool = Field(default=False, description="Check only what needs no network.")
    no_progress: bool = Field(default=False, description="No progress bar.")
    format: Format = Field(default="text", description="Format of the output.")
    output: OutputFile | None = Field(default=None, description="Write the output to this file.")
    fail_on: FailOn | None = Field(default=None, description="Exit with 1 for: none, new or broken links.")
    allow_private: Networks = Field(default=(), description="Private networks that may be contacted, or 'all'.")
    ca_bundle: Certificates | None = Field(default=None, description="Certificates to trust instead of the system's.")
    proxy: Proxy | None = Field(
        default=None, repr=False, description="HTTP proxy; one from the environment is not used."
    )
    resolver: Resolver | None = Field(default=None, description="DNS server IP:PORT instead of the system's.")
    state: Path = Field(default=Path(".linkvigil"), description="Folder of the database and the lock.")
    database: Secret = Field(default=None, description="Database URL; wins over the state folder.")
    crawl: CrawlConfig = Field(default_factory=CrawlConfig)
    archive: ArchiveConfig = Field(default_factory=ArchiveConfig)
    tracker: TrackerConfig = Field(default_factory=TrackerConfig)
    report: ReportConfig = Field(default_factory=ReportConfig)
    schedule: ScheduleConfig = Field(default_factory=ScheduleConfig)
    windows: WindowsConfig = Field(default_factory=WindowsConfig)
    hosts: dict[str, HostConfig] = Field(default_factory=dict)
    ignore: tuple[IgnoreConfig, ...] = ()
    project: tuple[ProjectConfig, ...] = ()

    @field_validator("project")
    @classmethod
    def _names_are_unique(cls, projects: tuple[ProjectConfig, ...]) -> tuple[ProjectConfig, ...]:
        names = [project.name for project in projects]
        if len(names) != len(set(names)):
            raise ValueError("two projects have the same name")
        return projects

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        if isinstance(self.database, SecretStr):
            return self.database.get_secret_value()
        return f"sqlite:///{self.state / 'linkvigil.db'}"
