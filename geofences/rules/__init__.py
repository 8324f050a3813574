"""One file per rule; a file's presence is its registration."""
