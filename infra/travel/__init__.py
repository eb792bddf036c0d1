"""Travel between points on the map: where seconds and metres come from."""
