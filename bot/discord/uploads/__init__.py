"""The articles that servers add themselves: uploaded, kept, indexed, listed, removed."""
