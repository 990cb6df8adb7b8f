"""What keeps data for others: message queues and replicated logs, as pure decisions."""
