"""Destroy, repair and accept."""
