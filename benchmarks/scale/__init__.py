"""How Quoth grows with its library."""
