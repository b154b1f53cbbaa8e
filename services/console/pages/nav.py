"""What stands at the head of every signed-in page: each section, and where it begins."""

NAV = (
    ("指挥屏", "/"),
    ("吹哨报到", "/whistles"),
    ("督办挂账", "/handling"),
    ("跟踪问效", "/follow-up"),
    ("派单规则", "/rules"),
    ("三率考核", "/rates"),
    ("网格管理", "/ground"),
    ("回音壁", "/wall"),
)
