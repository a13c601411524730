"""A real browser for the report: Debian's chromium driven by playwright, axe-core and html-validate from npm.

Missing tools fail the tests in one line that says what installs them; nothing is skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

from reports.html import render
from reports.model import Report
from tests.fakes.reports import big_report, sample_report

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
VALIDATE = HERE / "node_modules" / ".bin" / "html-validate"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(slots=True)
class Seen:
    """What a page did that a report must not do."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return not (self.console or self.requests or self.dialogs)


@dataclass(slots=True)
class Opened:
    """A report in a tab, and what it did."""

    page: Page
    seen: Seen
    path: Path

    def rows(self) -> list[str]:
        return self.page.locator("#rows tbody tr").all_inner_texts()

    def column(self, name: str) -> list[str]:
        return self.page.locator(f"#rows tbody td.c-{name}").all_inner_texts()


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    chromium = shutil.which("chromium")
    missing = [
        name for name, found in (("chromium", chromium), ("axe-core", AXE.exists()), ("html-validate", VALIDATE.exists()))
        if not found
    ]  # fmt: skip
    if missing:
        pytest.fail(f"missing: {', '.join(missing)}; run tests/install-tools.sh", pytrace=False)


# Per package, not per session: Playwright keeps a loop running in this thread, and crawls need their own.
@pytest.fixture(scope="package")
def browser(tools: None) -> Iterator[Browser]:
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def written(folder: Path) -> Callable[[str], Path]:
    """Return the path of a sample page by name, rendered once."""
    makers: dict[str, Callable[[], Report]] = {
        "night": sample_report,
        "chinese": lambda: sample_report("zh"),
        "big": lambda: big_report(5000),
    }

    def path(name: str) -> Path:
        target = folder / f"{name}.html"
        if not target.exists():
            target.write_text(render(makers[name]()), encoding="utf-8")
        return target

    return path


@pytest.fixture
def opened(browser: Browser, written: Callable[[str], Path]) -> Iterator[Callable[..., Opened]]:
    """Return a function that opens a sample page: `opened("big", "#state=broken", color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def open_page(name: str | Path, hash_: str = "", **options: object) -> Opened:
        path = name if isinstance(name, Path) else written(name)
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})  # type: ignore[arg-type]
        contexts.append(context)
        seen = Seen()
        page = context.new_page()

        def refuse(dialog: Dialog) -> None:
            seen.dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("console", lambda message: seen.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.console.append(f"error: {error}"))
        page.on("dialog", refuse)
        page.on(
            "request",
            lambda request: None if request.url.startswith(path.as_uri()) else seen.requests.append(request.url),
        )
        page.goto(path.as_uri() + hash_)
        if options.get("java_script_enabled", True):
            page.locator("#rows tbody").wait_for(state="attached")
        return Opened(page=page, seen=seen, path=path)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def validate(tools: None) -> Callable[[Path], str]:
    """Return a function that gives html-validate's complaints about a file; empty when there is none."""

    def run(path: Path) -> str:
        done = subprocess.run(
            [str(VALIDATE), "--config", str(HERE / ".htmlvalidate.json"), "--formatter", "text", str(path)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return (done.stdout + done.stderr) if done.returncode else ""

    return run
