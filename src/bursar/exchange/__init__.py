"""Exchange rates that the install itself keeps."""
