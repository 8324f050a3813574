"""One file per head of the model; a file's presence is its registration."""
