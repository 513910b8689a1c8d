"""The coverage-manifold paper's evaluation (arXiv:2312.01826, section VI)."""
