"""What an installation in containers needs beside the processes themselves."""
