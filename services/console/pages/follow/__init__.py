"""`/follow-up`: whom to verify, call and look at again, what is to be put right, what a meeting decides."""
