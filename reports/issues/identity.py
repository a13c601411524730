"""What a link is called in an issue: its URL, or for a local file its path in the list's own tree.

A `file:` URL holds the path of the machine that ran the check: it differs between machines, and it is
nobody's business on a public tracker.
"""

from __future__ import annotations

import posixpath

from reports.issues.marker import LINK_SCOPE, key_of
from reports.model import Finding


def shown_url(finding: Finding) -> str:
    """Return the URL, or a local target's path relative to the folder that the sources are named from."""
    if not finding.url.startswith("file:"):
        return finding.url
    if not finding.links:
        return posixpath.basename(finding.url)
    place = finding.links[0]
    target = place.raw.partition("#")[0].partition("?")[0]
    if not target or target.startswith("file:"):
        return posixpath.basename(finding.url)
    return posixpath.normpath(posixpath.join(posixpath.dirname(place.source), target))


def link_key(project: str, finding: Finding) -> str:
    """Return the key of the issue about this link alone; the same on every machine."""
    return key_of(project, LINK_SCOPE, shown_url(finding))
