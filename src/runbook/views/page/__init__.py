"""The page that pictures stand on: style, script, document."""
