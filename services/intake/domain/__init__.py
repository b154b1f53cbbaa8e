"""What intake decides, without I/O: place, kind, acceptance, masking, and what may be done when."""
