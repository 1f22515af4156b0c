"""In and out of Discord: delivery and the gateway's handshake."""
