"""Facts in, queries out: chDB in a process of its own, or a ClickHouse, behind one contract."""
