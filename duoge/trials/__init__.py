"""Rule tables judged and tried before they are live, by a running system or by a folder of files."""
