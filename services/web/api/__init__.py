"""The API under `/api/v1`, for systems of practices and posts."""
