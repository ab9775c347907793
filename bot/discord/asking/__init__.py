"""Ways to ask, who may ask when, and the one thread that answers."""
