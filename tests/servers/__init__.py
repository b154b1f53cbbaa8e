"""Real servers for the tests: PostgreSQL, Apache Kafka, Chromium."""
