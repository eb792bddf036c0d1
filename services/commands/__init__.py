"""What the commands of an operator do, each in one file."""
