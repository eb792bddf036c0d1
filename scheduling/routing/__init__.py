"""The plain vehicle routing problem with time windows; it knows no care."""
