"""The results database: schema, migrations, publish and read."""
