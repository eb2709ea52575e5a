"""The file rail, on a real database, with real files and a real SFTP server."""
