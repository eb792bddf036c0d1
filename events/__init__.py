"""What can be said: the event contracts of Prikploeg, without I/O and without a clock."""
