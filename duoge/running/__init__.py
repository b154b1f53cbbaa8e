"""How services are put into processes: all in one for a street that starts small, one each under compose."""
