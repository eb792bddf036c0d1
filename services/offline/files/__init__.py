"""Files that hold problems, routing instances and plans: read strictly, refused by line and field."""
