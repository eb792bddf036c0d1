"""Everything that knows Postgres: connections, SQL statements, migrations."""
