"""What is done to measurements: cleaned, associated with stations, joined with towers, binned, made up."""
