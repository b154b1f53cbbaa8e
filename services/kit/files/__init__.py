"""Files that people hand in, opened without trusting what they say of themselves."""
