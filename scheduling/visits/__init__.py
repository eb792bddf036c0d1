"""From residents to visits."""
