"""The files that `linkvigil init` hands out: a first configuration, and one for each scheduler."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One or several files, with where each one goes; shipped beside this module."""

    places: tuple[tuple[str, str], ...]

    def parts(self) -> dict[str, str]:
        """Return the text of each file by the place where it goes."""
        folder = files("crawler.deploy")
        return {place: folder.joinpath(name).read_text(encoding="utf-8") for name, place in self.places}

    def text(self) -> str:
        """Return all files as one text; where there are several, each begins with its place as a comment."""
        parts = self.parts()
        if len(parts) == 1:
            return next(iter(parts.values()))
        return "\n".join(f"# {place}\n{text}" for place, text in parts.items())


_SERVICE = ("linkvigil.service", "/etc/systemd/system/linkvigil.service")
_TIMER = ("linkvigil.timer", "/etc/systemd/system/linkvigil.timer")

TEMPLATES: dict[str, Template] = {
    "config": Template(places=(("linkvigil.toml", "linkvigil.toml"),)),
    "cron": Template(places=(("crontab", "crontab -e"),)),
    "github-actions": Template(places=(("github-actions.yml", ".github/workflows/linkvigil.yml"),)),
    "systemd": Template(places=(_SERVICE, _TIMER)),
    "systemd-service": Template(places=(_SERVICE,)),
    "systemd-timer": Template(places=(_TIMER,)),
}
