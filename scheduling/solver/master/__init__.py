"""Set packing over the route pool."""
