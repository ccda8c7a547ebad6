"""One file per step, never changed once released; `down_revision` orders them."""
