"""The words of the reports in each language: plain tables, looked up by stable keys.

A plural entry is a pair (one, other); Chinese has no plural and needs none. A test holds the
catalogs to the same keys and the same placeholders, and to every rule, verdict and failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from reports.catalogs.en import EN
from reports.catalogs.zh import ZH

Catalog = Mapping[str, str | tuple[str, str]]
CATALOGS: Final[dict[str, Catalog]] = {"en": EN, "zh": ZH}
LANG_ATTRIBUTE: Final[dict[str, str]] = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language. `language` is a key of `CATALOGS`."""

    language: str
    catalog: Catalog

    def __call__(self, key: str, count: int | None = None, **values: object) -> str:
        """Return the sentence of a key; `count` picks the plural and fills `{n}`. KeyError on an unknown key."""
        return self._template(key, count).format(**self._filled(count, values))

    def markup(self, key: str, count: int | None = None, **values: object) -> Markup:
        """Return the sentence as HTML: values are escaped, unless they are markup already."""
        return Markup(self._template(key, count)).format(**self._filled(count, values))  # noqa: S704 - our own catalog

    def get(self, key: str, default: str) -> str:
        """Return the sentence of a key that other rooms may add to, else the default."""
        found = self.catalog.get(key, default)
        return found if isinstance(found, str) else found[1]

    def number(self, value: int) -> str:
        """Return a number as a reader of the language groups it."""
        return f"{value:,}"

    def _template(self, key: str, count: int | None) -> str:
        entry = self.catalog[key]
        if isinstance(entry, str):
            return entry
        return entry[0] if count == 1 else entry[1]

    def _filled(self, count: int | None, values: dict[str, object]) -> dict[str, object]:
        return values if count is None else {"n": self.number(count), **values}


def words(language: str) -> Words:
    """Return the words of a language (`zh`, `zh-CN`, `en` ...); English where there is no catalog."""
    base = language.lower().replace("_", "-").partition("-")[0]
    known = base if base in CATALOGS else "en"
    return Words(language=known, catalog=CATALOGS[known])
