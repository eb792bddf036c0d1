"""What systems of practices and posts send and ask over HTTPS."""
