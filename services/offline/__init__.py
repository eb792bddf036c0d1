"""`prikploeg plan`: problems from files are solved and plans judged without any service."""
