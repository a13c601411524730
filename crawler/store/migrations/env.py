"""Alembic's entry: runs migrations on the connection that the store opened."""

from __future__ import annotations

from alembic import context

from crawler.store.schema import Base

connection = context.config.attributes.get("connection")
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
