"""Reports in, Pictures out: the tracker and its kernels."""
