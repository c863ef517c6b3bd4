"""The HTTP and WebSocket API: it translates and never decides."""
