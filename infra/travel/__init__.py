"""Travel times and distances between points on the map, estimated or by road."""
