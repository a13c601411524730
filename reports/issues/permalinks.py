"""Web addresses of a line in a repository's file, and of the tracker's own server."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

_RENDERED: Final = (".md", ".markdown", ".mdown", ".mkd", ".rst", ".adoc", ".asciidoc", ".org", ".ipynb", ".textile")


def permalink(server_url: str, repo: str, commit: str, path: str, line: int | None = None) -> str:
    """Return the address of `path` (POSIX, relative to the repository) at a commit or branch, at a 1-based line.

    Files that the server renders get `?plain=1`, without which it does not jump to a line
    (docs.github.com, "Creating a permanent link to a code snippet").
    """
    address = f"{server_url.rstrip('/')}/{quote(repo, safe='/')}/blob/{quote(commit, safe='/')}/{_quoted(path)}"
    if line is None:
        return address
    plain = "?plain=1" if path.lower().endswith(_RENDERED) else ""
    return f"{address}{plain}#L{line}"


def server_of(api_url: str) -> str:
    """Return the web address of the server that an API base address belongs to."""
    parts = urlsplit(api_url)
    if parts.hostname == "api.github.com":
        return "https://github.com"
    host = parts.netloc.removeprefix("api.") if (parts.hostname or "").endswith(".ghe.com") else parts.netloc
    path = parts.path.rstrip("/").removesuffix("/api/v3")
    return f"{parts.scheme}://{host}{path}"


def _quoted(path: str) -> str:
    while path.startswith("./"):
        path = path[2:]
    return quote(path.lstrip("/").encode("utf-8", "surrogateescape"), safe="/")
