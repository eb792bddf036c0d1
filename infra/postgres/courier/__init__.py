"""What the courier keeps: destinations, their cursors, and what each was told."""
