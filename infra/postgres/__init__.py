"""Everything that knows Postgres: connections, statements, migrations."""
