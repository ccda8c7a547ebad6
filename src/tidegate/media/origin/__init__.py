"""The origin: keeps each broadcast's window of media and answers for its playlists (RFC 8216bis)."""
