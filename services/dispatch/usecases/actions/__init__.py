"""What people do to a case, a function for each action; see domain/lifecycle.py for when and by whom."""
