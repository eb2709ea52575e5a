"""Mail and text messages: the ports they leave by, what they say, and what the network says of them afterwards."""
