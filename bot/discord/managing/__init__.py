"""Commands and forms for those who manage a server."""
