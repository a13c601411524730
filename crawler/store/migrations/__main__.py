"""Write the next migration from what the model has and the migrations have not.

    python -m crawler.store.migrations "Add a column"

Read what comes out: a rename looks like a drop and an add. Then format it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from crawler.store.session import alembic_config


def write_revision(message: str) -> None:
    """Write one file below `versions/`, numbered after the last."""
    config = alembic_config()
    number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'model.db'}")
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


if __name__ == "__main__":
    write_revision(" ".join(sys.argv[1:]) or "Change the schema")
