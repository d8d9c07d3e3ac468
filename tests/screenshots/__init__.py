"""Pictures of every page: on a phone and at a desk, in light and in dark, in both languages."""
