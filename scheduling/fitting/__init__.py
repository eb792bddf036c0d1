"""What keeps a visit out of each shift, and the smallest changes that would let it in."""
