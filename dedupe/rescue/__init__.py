"""Metadata that only a copy has, carried into an XMP sidecar beside the photo that stays."""
