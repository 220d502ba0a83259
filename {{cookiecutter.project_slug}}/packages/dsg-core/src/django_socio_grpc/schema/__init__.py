"""What serializers and actions say: messages, fields, and the types of their values."""
