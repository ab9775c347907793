"""Scripts that measure Quoth; each prints its figures beside what they are compared with."""
