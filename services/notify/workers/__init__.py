"""What runs beside the answers: readers woken, topics made, old rows forgotten. Deliveries have a folder of their own."""
