"""What the courier keeps: destinations, where each stands, what people were told."""
