"""Known public layouts, one file each; the format is :class:`clientela.mapping.presets.Layout`."""
