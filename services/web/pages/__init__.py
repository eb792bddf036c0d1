"""The pages in Dutch (and English), one module per audience."""
