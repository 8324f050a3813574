"""One file per feature family; a file's presence is its registration."""
