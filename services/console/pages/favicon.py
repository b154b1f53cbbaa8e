"""Four cells that have become one."""

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#123b63"/>'
    '<g fill="#fff"><rect x="6" y="6" width="9" height="9" rx="2"/><rect x="17" y="6" width="9" height="9" rx="2"/>'
    '<rect x="6" y="17" width="9" height="9" rx="2"/></g><rect x="17" y="17" width="9" height="9" rx="2" '
    'fill="#f2b01e"/></svg>'
)
