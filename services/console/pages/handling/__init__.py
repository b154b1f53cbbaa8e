"""Cases handled, slips of supervision, the register of what is shelved."""
