"""Known public layouts, one file each; the format is :class:`clientela.tables.presets.Layout`."""
