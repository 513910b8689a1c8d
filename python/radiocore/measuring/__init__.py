"""What is done to measurements: cleaned, associated with stations, binned, made up. One step a file."""
