"""The routing model of OR-Tools with every rule inside."""
