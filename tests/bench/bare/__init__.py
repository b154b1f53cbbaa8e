"""The yardstick: HTTP to database to Kafka to database to Kafka with no logic at all, by raw drivers.

It makes as many durable commits, and as many messages of the same size to as many topics, as an order of ours causes;
see `Shape`. Nothing of the product is imported here.
"""
