"""The library: everything that was indexed, in a folder or on a Milvus server."""
