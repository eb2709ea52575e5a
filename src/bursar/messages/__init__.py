"""Mail and text messages: their ports, their texts, and the network's delivery receipts."""
